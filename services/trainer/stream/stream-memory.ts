import { StratifiedSample } from '#libs/sampling';
import { createRandom } from '#libs/random';
import type { Split } from '#libs/contracts';
import { WaitingCounts, type WaitingSamples } from '../data/waiting-samples.js';
import { BoundedMap } from './bounded-map.js';
import { KnownLabels, type KnownLabelsRecord } from './known-labels.js';
import { StudyMembers } from './study-members.js';
import type { LabelStored, ScanStored, StreamCursor, StreamEvent } from './stream-event.js';
import { strongerLabel, type GivenLabel, type StreamSample } from './stream-sample.js';

/** Samples without a label of the class list that are waited for: the newest ones. The archive has the others. */
const MAX_UNLABELLED = 10_000;

/**
 * Of so many samples of a class and site, drawn at random, the one that was learned less often is replayed: what came
 * after a change of the stream catches up with what was there before, and nothing is left out for long.
 */
const CANDIDATES = 2;

/** Share of the draws in which that is so: in all of them a class that comes late costs the others too much. */
const PREFERRED_SHARE = 0.875;

/** Splits that are never learned from. */
const HELD_OUT = ['SPLIT_VALIDATION', 'SPLIT_GATE', 'SPLIT_TEST'] as const;

export type HeldOutSplit = (typeof HELD_OUT)[number];

const isHeldOut = (split: Split): split is HeldOutSplit => (HELD_OUT as readonly Split[]).includes(split);

/** What a checkpoint keeps of the memory: bounded, however much came. */
export interface StreamMemoryRecord {
  cursor: StreamCursor;
  /** Training samples that came with a label or got one. */
  arrivals: number;
  replay: StreamSample[];
  /** How often those of them were learned that were, by identity. */
  timesLearned: [string, number][];
  heldOut: Record<HeldOutSplit, StreamSample[]>;
  unlabelled: StreamSample[];
  labels: KnownLabelsRecord;
}

export interface StreamMemoryOptions {
  seed: number;
  classes: readonly string[];
  /** Samples in the replay memory. */
  replaySize: number;
  /** Samples of each held-out split. */
  heldOutSize: number;
}

/**
 * All that a stream trainer knows of the samples: a bounded sample of those to learn from, balanced over class and
 * site; the held-out ones, balanced over the classes; and those that wait for a label. Its content is a function of the
 * events taken in and the steps made, in their order.
 */
export class StreamMemory {
  readonly #classes: readonly string[];
  readonly #seed: number;
  readonly #replay: StratifiedSample<StreamSample>;
  /** How often the samples to learn from were learned, by identity. */
  readonly #timesLearned: Map<string, number>;
  readonly #heldOut: Readonly<Record<HeldOutSplit, StratifiedSample<StreamSample>>>;
  readonly #unlabelled: BoundedMap<StreamSample>;
  readonly #labels: KnownLabels;
  readonly #waiting = new WaitingCounts();
  /** Samples in any of the above, by identity. */
  readonly #held = new Map<string, StreamSample>();
  readonly #studies = new StudyMembers();
  readonly #withdrawn = new Set<string>();
  #cursor: StreamCursor;
  #arrivals: number;

  constructor({ seed, classes, replaySize, heldOutSize }: StreamMemoryOptions, record?: StreamMemoryRecord) {
    this.#classes = classes;
    this.#seed = seed;
    this.#replay = new StratifiedSample(`replay ${seed}`, { total: replaySize });
    const heldOut = (split: HeldOutSplit) => new StratifiedSample<StreamSample>(split, { total: heldOutSize });
    this.#heldOut = Object.fromEntries(HELD_OUT.map((split) => [split, heldOut(split)])) as Record<
      HeldOutSplit,
      StratifiedSample<StreamSample>
    >;
    this.#timesLearned = new Map(record?.timesLearned);
    this.#unlabelled = new BoundedMap(MAX_UNLABELLED);
    this.#labels = new KnownLabels(record?.labels);
    this.#cursor = record?.cursor ?? { scan: 0, label: 0 };
    this.#arrivals = record?.arrivals ?? 0;
    if (!record) return;
    for (const sample of [...record.replay, ...record.unlabelled]) this.#keep(sample);
    for (const split of HELD_OUT) for (const sample of record.heldOut[split]) this.#keep(sample);
  }

  /** How far the streams were taken in. */
  get cursor(): StreamCursor {
    return this.#cursor;
  }

  /** Training samples that came with a label of the class list or got one. */
  get arrivals(): number {
    return this.#arrivals;
  }

  get replaySize(): number {
    return this.#replay.size;
  }

  /** Number of samples that wait for a label of the class list. */
  get unlabelledCount(): number {
    return this.#unlabelled.size;
  }

  /** The same by what they wait with. */
  get waiting(): WaitingSamples {
    return this.#waiting;
  }

  /**
   * Samples that wait and whose label is in the class list by now, which has grown since they were stored: those to
   * learn from are returned, as new.
   */
  takeKnown(): StreamSample[] {
    const known = [...this.#unlabelled.values()].filter(({ label }) => label && this.#classes.includes(label.name));
    return known.flatMap((sample) => this.#place(sample, sample.label, false));
  }

  /** Takes in an event; the result are the training samples that can be learned from now on because of it. */
  apply(event: StreamEvent): StreamSample[] {
    this.#cursor = { ...this.#cursor, [event.kind]: event.sequence };
    return event.kind === 'scan' ? this.#addScan(event) : this.#addLabel(event);
  }

  /**
   * Samples to learn again in a step, none twice, rather those that were learned less often. A function of seed, step
   * and content.
   */
  draw(step: number, count: number): StreamSample[] {
    const rank = ({ id }: StreamSample): number => this.#timesLearned.get(id) ?? 0;
    const random = createRandom(this.#seed, 'replay', step);
    return this.#replay.draw(random, Math.min(count, this.#replay.size), {
      candidates: CANDIDATES,
      share: PREFERRED_SHARE,
      rank,
    });
  }

  /** A step learns from the samples: to be told of each, in its place among the events. */
  countLearned(samples: readonly StreamSample[]): void {
    for (const { id } of samples)
      if (this.#replay.has(id)) this.#timesLearned.set(id, (this.#timesLearned.get(id) ?? 0) + 1);
  }

  /** Whether a sample was withdrawn since the start. */
  isWithdrawn(sampleId: string): boolean {
    return this.#withdrawn.has(sampleId);
  }

  /** Whether a sample of the replay memory was learned from. */
  hasLearned(sampleId: string): boolean {
    return (this.#timesLearned.get(sampleId) ?? 0) > 0;
  }

  /** The samples held of a split that have a label of the class list, in stream order. */
  labelled(split: Split): StreamSample[] {
    const held = isHeldOut(split) ? this.#heldOut[split] : this.#replay;
    return [...held.items()].sort((a, b) => a.scanSequence - b.scanSequence);
  }

  /** Scans that are still needed. */
  *retained(): Generator<number> {
    for (const { scanSequence } of this.#held.values()) yield scanSequence;
  }

  toRecord(): StreamMemoryRecord {
    return {
      cursor: this.#cursor,
      arrivals: this.#arrivals,
      replay: [...this.#replay.items()],
      timesLearned: [...this.#timesLearned],
      heldOut: Object.fromEntries(HELD_OUT.map((split) => [split, [...this.#heldOut[split].items()]])) as Record<
        HeldOutSplit,
        StreamSample[]
      >,
      unlabelled: [...this.#unlabelled.values()],
      labels: this.#labels.toRecord(),
    };
  }

  #addScan(scan: ScanStored): StreamSample[] {
    const { sampleId, sequence, split, studyId, site } = scan;
    if (sampleId === '' || (split !== 'SPLIT_TRAIN' && !isHeldOut(split))) return [];
    // A label is heard of before the scan that it brings back: until then there was nothing to learn from.
    const wasLearned = !scan.lateLabel && this.#held.get(sampleId)?.classIndex !== undefined;
    const sample = { id: sampleId, sampleId, scanSequence: sequence, split, studyId, site, classIndex: undefined };
    // A sample that comes again, from the archive, has another place in the stream.
    return this.#place(sample, this.#labels.of(scan), wasLearned);
  }

  #addLabel(event: LabelStored): StreamSample[] {
    if ((event.sampleId === '') === (event.studyId === '')) return [];
    if (event.withdrawn) {
      this.#withdrawn.add(event.sampleId);
      this.#drop(event.sampleId);
      return [];
    }
    const given = this.#labels.add(event);
    const ids = event.sampleId === '' ? this.#studies.of(event.studyId) : [event.sampleId];
    return ids.flatMap((id) => {
      const sample = this.#held.get(id);
      return sample ? this.#place(sample, strongerLabel(sample.label, given), sample.classIndex !== undefined) : [];
    });
  }

  /** Puts a sample where it belongs under its label; the result is that sample if it is learned for the first time. */
  #place(sample: StreamSample, label: GivenLabel | undefined, wasLearned: boolean): StreamSample[] {
    const index = label ? this.#classes.indexOf(label.name) : -1;
    const placed: StreamSample = { ...sample, ...(label && { label }), classIndex: index < 0 ? undefined : index };
    this.#drop(sample.id);
    this.#keep(placed);
    if (placed.classIndex === undefined || placed.split !== 'SPLIT_TRAIN' || wasLearned) return [];
    this.#arrivals++;
    return [placed];
  }

  #keep(sample: StreamSample): void {
    const { id, split, site, classIndex } = sample;
    this.#held.set(id, sample);
    this.#studies.add(sample);
    this.#countWaiting(sample, 1);
    const gone = this.#put(id, sample, { split, site, classIndex });
    if (gone) this.#forget(gone);
  }

  #put(
    id: string,
    sample: StreamSample,
    { split, site, classIndex }: Pick<StreamSample, 'split' | 'site' | 'classIndex'>,
  ): StreamSample | undefined {
    if (classIndex === undefined) return this.#unlabelled.set(id, sample);
    return isHeldOut(split)
      ? this.#heldOut[split].add(String(classIndex), sample)
      : this.#replay.add(`${classIndex}/${site}`, sample);
  }

  #drop(id: string): void {
    const known = this.#held.get(id);
    if (!known) return;
    if (known.classIndex === undefined) this.#unlabelled.delete(id);
    else if (isHeldOut(known.split)) this.#heldOut[known.split].remove(id);
    else this.#replay.remove(id);
    this.#forget(known);
  }

  #forget(sample: StreamSample): void {
    this.#held.delete(sample.id);
    this.#timesLearned.delete(sample.id);
    this.#studies.remove(sample);
    this.#countWaiting(sample, -1);
  }

  #countWaiting({ classIndex, label }: StreamSample, by: 1 | -1): void {
    if (classIndex === undefined) this.#waiting.count(label?.name ?? '', by);
  }
}
