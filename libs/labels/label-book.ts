import type { LabelEvent } from '#libs/contracts';

/** A class name and when it was given. */
export interface Label {
  /** Empty: none is known. */
  name: string;
  /** Milliseconds since the Unix epoch; 0 for the label that an image came with. */
  givenUnixMs: number;
  /** Its place on LABELS; 0 for the label that an image came with. */
  sequence: number;
  /** True when it was given to the sample itself, not to its study. */
  own: boolean;
}

/** Whose label is asked for. */
export interface LabelSubject {
  sampleId: string;
  /** Empty: none is known. */
  studyId: string;
  /** Class name that the image came with, or empty. */
  label: string;
}

/**
 * The newest label of every sample and study. Newest by the time it was given, which a site whose clock is ahead cannot
 * put behind the time it was stored: else no later one could correct it. Of two given at the same time the one that
 * came later counts. The labels must be added in the order of their stream. It holds what LABELS holds, and is bounded
 * by the limit of that stream.
 */
export class LabelBook {
  readonly #samples = new Map<string, Label>();
  readonly #studies = new Map<string, Label>();

  /**
   * @param sequence of the event on LABELS
   * @param storedUnixMs when the broker stored it
   */
  add(
    { sampleId, studyId, label: name, labelledUnixMs }: LabelEvent,
    { sequence, storedUnixMs }: { sequence: number; storedUnixMs: number },
  ): void {
    const givenUnixMs = Math.min(labelledUnixMs, storedUnixMs);
    const [labels, target] = sampleId ? [this.#samples, sampleId] : [this.#studies, studyId];
    if (!target) return;
    const known = labels.get(target);
    if (!known || known.givenUnixMs <= givenUnixMs)
      labels.set(target, { name, givenUnixMs, sequence, own: Boolean(sampleId) });
  }

  /** Whether it is this event that counts for its target; false when another one does. */
  counts({ sampleId, studyId = '' }: LabelEvent, sequence: number): boolean {
    return (sampleId ? this.#samples.get(sampleId) : this.#studies.get(studyId))?.sequence === sequence;
  }

  /** Drops an event that has left the stream. */
  forget(event: LabelEvent, sequence: number): void {
    if (!this.counts(event, sequence)) return;
    if (event.sampleId) this.#samples.delete(event.sampleId);
    else this.#studies.delete(event.studyId ?? '');
  }

  /** What a sample is labelled as: by its own newest label, else by its study's, else as it came. */
  newest({ sampleId, studyId, label }: LabelSubject): Label {
    const given = this.#samples.get(sampleId) ?? this.#studies.get(studyId);
    return given ?? { name: label, givenUnixMs: 0, sequence: 0, own: false };
  }
}
