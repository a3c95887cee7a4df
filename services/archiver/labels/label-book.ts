import type { LabelEvent } from '#libs/contracts';

/** A class name and when it was given. */
export interface Label {
  /** Empty: none is known. */
  name: string;
  /** Milliseconds since the Unix epoch; 0 for the label that an image came with. */
  givenUnixMs: number;
  /** Its place on LABELS; 0 for the label that an image came with. */
  sequence: number;
}

/**
 * The newest label of every sample and study. Newest by the time it was given; of two given at the same time the one
 * that came later. The labels must be added in the order of their stream. It grows with the number of labelled
 * targets, which the limit of the LABELS stream bounds.
 */
export class LabelBook {
  readonly #samples = new Map<string, Label>();
  readonly #studies = new Map<string, Label>();

  /** @param sequence of the event on LABELS */
  add({ sampleId, studyId, label: name, labelledUnixMs: givenUnixMs }: LabelEvent, sequence: number): void {
    const [labels, target] = sampleId ? [this.#samples, sampleId] : [this.#studies, studyId];
    if (!target) return;
    const known = labels.get(target);
    if (!known || known.givenUnixMs <= givenUnixMs) labels.set(target, { name, givenUnixMs, sequence });
  }

  /** What a sample is labelled as: by its own newest label, else by its study's, else as it came. */
  newest({ sampleId, studyId, label }: { sampleId: string; studyId: string; label: string }): Label {
    return this.#samples.get(sampleId) ?? this.#studies.get(studyId) ?? { name: label, givenUnixMs: 0, sequence: 0 };
  }
}
