import { followScans, Streams, type Bus, type ScanEntry } from '#libs/bus';
import { codecs, type LabelEvent, type Split } from '#libs/contracts';
import { Notifier } from '#libs/async';
import { LabelBook } from '#libs/labels';
import type { Logger } from '#libs/telemetry';
import { WaitingCounts, type WaitingSamples } from './waiting-samples.js';

/** What the trainer knows of a sample without ever seeing its pixels. */
export interface IndexedSample {
  readonly scanSequence: number;
  readonly sampleId: string;
  readonly split: Split;
  /** Index into the run's class list; undefined while no label of that list is known. */
  classIndex: number | undefined;
}

/** What decides the label of a sample beside those that are given to it. */
interface Known {
  sample: IndexedSample;
  studyId: string;
  /** Class name it came with, or empty. */
  ingested: string;
  /** Class name that counts for it, or empty. */
  label: string;
}

/**
 * The samples of the SCANS stream with the labels that count for them. It follows the stream's headers only, so a
 * million scans cost the trainer no image byte.
 */
export class SampleIndex {
  readonly #classes: readonly string[];
  readonly #log: Logger;
  readonly #samples: IndexedSample[] = [];
  readonly #byId = new Map<string, Known>();
  readonly #byStudy = new Map<string, Known[]>();
  readonly #labels = new LabelBook();
  readonly #unknownLabels = new Set<string>();
  readonly #waiting = new WaitingCounts();
  readonly #withdrawn = new Set<string>();
  #lastSequence = 0;
  #version = 0;
  #changedAtMs = performance.now();
  readonly #changed = new Notifier();
  #streamsBehind = 2;
  #onCaughtUp: () => void = () => {};

  /** Resolves when all that was stored at the start is indexed, or when following has ended. */
  readonly caughtUp = new Promise<void>((resolve) => (this.#onCaughtUp = resolve));

  constructor(classes: readonly string[], log: Logger) {
    this.#classes = classes;
    this.#log = log;
  }

  /** Newest scan sequence seen. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Milliseconds since a scan or label came last. */
  get idleMs(): number {
    return performance.now() - this.#changedAtMs;
  }

  /** Grows with every scan and with every label that changes what a sample is learned as. */
  get version(): number {
    return this.#version;
  }

  /** Samples without a label of the class list. */
  get waiting(): WaitingSamples {
    return this.#waiting;
  }

  /** Whether a sample was withdrawn: what has been requested of it is not learned from. */
  isWithdrawn(sampleId: string): boolean {
    return this.#withdrawn.has(sampleId);
  }

  /** Samples of a split that have a label of the run's classes, in stream order. */
  labelled(split: Split): IndexedSample[] {
    return this.#samples.filter((sample) => sample.split === split && sample.classIndex !== undefined);
  }

  /** Resolves at the next scan or label, after `timeoutMs` or when the signal aborts. */
  async changed(timeoutMs: number, signal: AbortSignal): Promise<void> {
    await this.#changed.wait(signal, timeoutMs);
  }

  /** Follows both streams until the signal aborts. */
  async follow(bus: Bus, signal: AbortSignal): Promise<void> {
    try {
      await Promise.all([this.#followScans(bus, signal), this.#followLabels(bus, signal)]);
    } finally {
      this.#onCaughtUp();
    }
  }

  async #followScans(bus: Bus, signal: AbortSignal): Promise<void> {
    const caughtUp = once(() => this.#streamCaughtUp());
    if ((await bus.statsOf(Streams.SCANS)).messages === 0) caughtUp();
    for await (const scan of followScans(bus, { signal, onUnreadable: caughtUp })) {
      this.#addScan(scan);
      if (scan.pending === 0) caughtUp();
    }
  }

  async #followLabels(bus: Bus, signal: AbortSignal): Promise<void> {
    const caughtUp = once(() => this.#streamCaughtUp());
    if ((await bus.statsOf(Streams.LABELS)).messages === 0) caughtUp();
    const options = { stream: Streams.LABELS, codec: codecs.LabelEvent, signal, onUnreadable: caughtUp };
    for await (const { message, sequence, timeUnixMs, pending } of bus.follow(options)) {
      if (message?.withdrawn) this.#withdraw(message.sampleId ?? '');
      else if (message) this.#label(message, { sequence, storedUnixMs: timeUnixMs });
      if (pending === 0) caughtUp();
    }
  }

  #streamCaughtUp(): void {
    if (--this.#streamsBehind === 0) this.#onCaughtUp();
  }

  /** A sample that comes again, as from the archive, is where it lies now: at the end, as after a restart. */
  #addScan({ sequence: scanSequence, sampleId, studyId, split, label: ingested }: ScanEntry): void {
    if (this.#withdrawn.has(sampleId)) return;
    const sample: IndexedSample = { scanSequence, sampleId, split, classIndex: undefined };
    const known: Known = { sample, studyId, ingested, label: '' };
    const before = this.#byId.get(sampleId);
    if (before) this.#forget(before);
    this.#place(known);
    this.#samples.push(sample);
    this.#byId.set(sampleId, known);
    if (studyId !== '') this.#byStudy.set(studyId, [...(this.#byStudy.get(studyId) ?? []), known]);
    this.#lastSequence = scanSequence;
    this.#notify();
  }

  /** Nothing is known of the sample any more: what is planned of it is left out. */
  #withdraw(sampleId: string): void {
    this.#withdrawn.add(sampleId);
    const known = this.#byId.get(sampleId);
    if (!known) return;
    this.#forget(known);
    known.sample.classIndex = undefined;
    this.#notify();
  }

  #forget(known: Known): void {
    const { sample, studyId } = known;
    this.#countWaiting(known, -1);
    this.#samples.splice(this.#samples.indexOf(sample), 1);
    this.#byId.delete(sample.sampleId);
    const others = this.#byStudy.get(studyId)?.filter((each) => each !== known);
    if (others) this.#byStudy.set(studyId, others);
  }

  #label(event: LabelEvent, place: { sequence: number; storedUnixMs: number }): void {
    this.#labels.add(event, place);
    const { sampleId = '', studyId = '' } = event;
    const own = this.#byId.get(sampleId);
    const about = sampleId === '' ? (this.#byStudy.get(studyId) ?? []) : own ? [own] : [];
    let changed = false;
    for (const known of about) {
      const { classIndex } = known.sample;
      this.#countWaiting(known, -1);
      this.#place(known);
      changed ||= known.sample.classIndex !== classIndex;
    }
    if (changed) this.#notify();
  }

  /** Gives a sample the label that counts for it now. */
  #place(known: Known): void {
    const { sample, studyId, ingested } = known;
    known.label = this.#labels.newest({ sampleId: sample.sampleId, studyId, label: ingested }).name;
    sample.classIndex = this.#classIndex(known.label);
    this.#countWaiting(known, 1);
  }

  #countWaiting({ sample: { classIndex }, label }: Known, by: 1 | -1): void {
    if (classIndex === undefined) this.#waiting.count(label, by);
  }

  /** Samples with a label outside the class list are not learned from; that is said once per label. */
  #classIndex(label: string): number | undefined {
    const index = this.#classes.indexOf(label);
    if (index >= 0) return index;
    if (label !== '' && !this.#unknownLabels.has(label)) {
      this.#unknownLabels.add(label);
      this.#log.warn(
        { label, classes: this.#classes },
        'samples with this label are left out: it is not in the class list of the run',
      );
    }
    return undefined;
  }

  #notify(): void {
    this.#version++;
    this.#changedAtMs = performance.now();
    this.#changed.notify();
  }
}

/** Does something at the first call and nothing at others. */
function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    work();
  };
}
