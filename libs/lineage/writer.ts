import { subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { AllLabels, RecentLabels, type LabelsLearned } from './labels-learned.js';
import { chainOf, readLineage } from './read.js';
import { encodeSegment, type SegmentReference } from './segment.js';

/** A sample that went through a training step. */
export interface LearnedSample {
  /** Place on SCANS. */
  sequence: number;
  /** Class name that it was learned as. */
  label: string;
  /** Whether it was never learned before; absent: the writer knows. */
  isFirst?: boolean;
}

/** What a checkpoint keeps of a lineage: where it has got to, and what is not written yet. The names are stored. */
export interface LineageRecord {
  head: SegmentReference | null;
  learned: [string, number[]][];
  relearned: [string, number[]][];
  putAside: number[];
  abandoned: string[];
}

/** A segment is cut at a checkpoint from this many samples on: fewer are kept in the checkpoint itself. */
const CUT_FROM = 4096;

/** Says in place of a label that a sample was put aside. No class is called so: names are not empty. */
const PUT_ASIDE = '';

/** Samples remembered where not all are, at least. */
const RECENT = 4096;

type Open = Map<string, number[]>;

/**
 * Writes what a run learns, beyond what it had learned. Segments are cut in step with checkpoints and versions, and
 * become durable before these: a version never names a segment that is not there, and what a killed trainer had cut
 * behind its last checkpoint belongs to nothing.
 */
export class LineageWriter {
  readonly #bus: Bus;
  readonly #run: string;
  readonly #labels: LabelsLearned;
  #head: SegmentReference | null;
  #learned: Open;
  #relearned: Open;
  #putAside: number[];
  #abandoned: string[];
  /** Cut, and not yet durable. */
  #unwritten: ReturnType<typeof encodeSegment>[] = [];

  private constructor(bus: Bus, run: string, labels: LabelsLearned, record: LineageRecord | undefined) {
    this.#bus = bus;
    this.#run = run;
    this.#labels = labels;
    this.#head = record?.head ?? null;
    this.#learned = new Map(record?.learned.map(([label, sequences]) => [label, [...sequences]]));
    this.#relearned = new Map(record?.relearned.map(([label, sequences]) => [label, [...sequences]]));
    this.#putAside = [...(record?.putAside ?? [])];
    this.#abandoned = [...(record?.abandoned ?? [])];
  }

  /**
   * Goes on where a record ends.
   *
   * @param remembersAll whether the label of every sample is kept in mind, and read back here: for those who go over
   *   everything again and again. Else of the last few thousand.
   * @throws BUS_UNAVAILABLE
   */
  static async open(
    bus: Bus,
    run: string,
    record: LineageRecord | undefined,
    { remembersAll }: { remembersAll: boolean },
  ): Promise<LineageWriter> {
    const writer = new LineageWriter(bus, run, remembersAll ? new AllLabels() : new RecentLabels(RECENT), record);
    await writer.#remember();
    return writer;
  }

  /** The segment that holds all that was learned so far, once everything is cut; null before the first. */
  get head(): SegmentReference | null {
    return this.#head;
  }

  /** Samples went through a training step. */
  add(samples: readonly LearnedSample[]): void {
    for (const { sequence, label, isFirst } of samples) {
      const before = this.#labels.get(sequence);
      const first = isFirst ?? (before === undefined || before === PUT_ASIDE);
      if (!first && before === label) continue;
      this.#labels.set(sequence, label);
      push(first ? this.#learned : this.#relearned, label, sequence);
    }
  }

  /** Samples could not be prepared, or their step was refused: none of them had an effect. */
  putAside(sequences: readonly number[]): void {
    for (const sequence of sequences) {
      if (this.#labels.get(sequence) !== undefined) continue;
      this.#labels.set(sequence, PUT_ASIDE);
      this.#putAside.push(sequence);
    }
  }

  /**
   * Ends the open segment, unless it is empty. @param isNeeded false: only when it has become large
   */
  cut(step: number, { isNeeded }: { isNeeded: boolean }): void {
    const groups = [...this.#learned.values(), ...this.#relearned.values(), this.#putAside];
    const size = groups.reduce((sum, { length }) => sum + length, 0);
    if (size + this.#abandoned.length === 0 || (!isNeeded && size < CUT_FROM)) return;
    const number = (this.#head?.number ?? 0) + 1;
    const segment = encodeSegment({
      run: this.#run,
      previous: this.#head?.hash ?? '',
      number,
      step,
      learned: this.#learned,
      relearned: this.#relearned,
      putAside: this.#putAside,
      abandoned: this.#abandoned,
    });
    this.#unwritten.push(segment);
    this.#head = { hash: segment.hash, number };
    [this.#learned, this.#relearned, this.#putAside, this.#abandoned] = [new Map(), new Map(), [], []];
  }

  /** Resolves when everything that was cut is stored. Throws BACKPRESSURE when LINEAGE is full, BUS_UNAVAILABLE. */
  async durable(): Promise<void> {
    for (const { message, hash } of [...this.#unwritten]) {
      const subject = subjects.lineage(this.#run, hash);
      await this.#bus.publish(subject, codecs.LineageSegment, message, { firstOnSubject: true });
      this.#unwritten = this.#unwritten.filter((segment) => segment.hash !== hash);
    }
  }

  /**
   * The weights are those of an earlier version again: what was learned since is left behind, and said to be.
   *
   * @param head where that version's lineage ends; undefined: it is not known
   */
  async goBack(step: number, head: SegmentReference | undefined): Promise<void> {
    this.cut(step, { isNeeded: true });
    await this.durable();
    if (this.#head?.hash === head?.hash) return;
    if (this.#head) this.#abandoned.push(this.#head.hash);
    this.#head = head ?? null;
    this.#labels.clear();
    await this.#remember();
  }

  toRecord(): LineageRecord {
    const list = (open: Open): [string, number[]][] => [...open].map(([label, sequences]) => [label, [...sequences]]);
    return {
      head: this.#head,
      learned: list(this.#learned),
      relearned: list(this.#relearned),
      putAside: [...this.#putAside],
      abandoned: [...this.#abandoned],
    };
  }

  /** Reads back under which labels samples were learned, where all are kept in mind. */
  async #remember(): Promise<void> {
    if (!(this.#labels instanceof AllLabels)) return;
    const remember = (groups: Iterable<readonly [string, Iterable<number>]>): void => {
      for (const [label, sequences] of groups) for (const sequence of sequences) this.#labels.set(sequence, label);
    };
    if (this.#head) {
      const known = await readLineage(this.#bus, new AbortController().signal, this.#run);
      for (const segment of [...chainOf(known, this.#head.hash)].reverse()) {
        remember([[PUT_ASIDE, segment.putAside]]);
        remember(segment.learned);
        remember(segment.relearned);
      }
    }
    remember([[PUT_ASIDE, this.#putAside]]);
    remember(this.#learned);
    remember(this.#relearned);
  }
}

function push(open: Open, label: string, sequence: number): void {
  const sequences = open.get(label);
  if (sequences) sequences.push(sequence);
  else open.set(label, [sequence]);
}
