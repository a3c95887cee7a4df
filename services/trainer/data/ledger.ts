import { createHash } from 'node:crypto';
import { SulcusError } from '#libs/errors';

/** What a checkpoint keeps of a ledger. The names are those of stored checkpoints. */
export interface LedgerRecord {
  /** Epoch, from 0. */
  pass: number;
  /** Newest scan sequence known when the epoch began: these samples come shuffled, later arrivals behind them. */
  snapshotSequence: number;
  /** Rows that went through a training step in this epoch. */
  appliedRows: number;
  /** Samples of this epoch that could not be prepared. */
  droppedRows: number;
  /** Bit `s` (little-endian within bytes) is set when the scan with sequence `s` is settled; base64. */
  settled: string;
  /** Digest of the settled samples with their classes. Absent in checkpoints of versions that kept none. */
  contentDigest?: number;
}

/** A sample and the class it was, or is to be, learned as. */
export interface LabelledSample {
  readonly scanSequence: number;
  readonly classIndex?: number | undefined;
}

/** Digests of samples are added up modulo this, so that their sequence does not count. */
const DIGEST_RANGE = 2 ** 48;

/**
 * Which samples had their effect in the current epoch, by scan sequence. It travels in the checkpoint beside the
 * weights, so weights and ledger always tell the same story, whatever was killed in between.
 */
export class Ledger {
  readonly epoch: number;
  readonly snapshotSequence: number;
  #bits = new Uint8Array(64);
  #settledCount = 0;
  #appliedRows = 0;
  #droppedRows = 0;
  /** NaN when a checkpoint did not keep it: equal to nothing. */
  #contentDigest = 0;

  constructor(epoch: number, snapshotSequence: number) {
    this.epoch = epoch;
    this.snapshotSequence = snapshotSequence;
  }

  /** Samples that are settled: applied or given up. */
  get settledCount(): number {
    return this.#settledCount;
  }

  get appliedRows(): number {
    return this.#appliedRows;
  }

  get droppedRows(): number {
    return this.#droppedRows;
  }

  /** Rows applied beyond one per sample; 0 unless there is a defect. */
  get repeatedRows(): number {
    return this.#appliedRows + this.#droppedRows - this.#settledCount;
  }

  /** First and last scan sequence among the settled samples; zeros when there are none. */
  get settledRange(): { first: number; last: number } {
    let [first, last] = [0, 0];
    for (let sequence = 0; sequence < this.#bits.length * 8; sequence++) {
      if (!this.isSettled(sequence)) continue;
      first ||= sequence;
      last = sequence;
    }
    return { first, last };
  }

  isSettled(sequence: number): boolean {
    return ((this.#bits[sequence >> 3] ?? 0) & (1 << (sequence & 7))) !== 0;
  }

  /** Indices of the rows whose sample has had no effect in this epoch yet; a sample listed twice counts once. */
  unsettledRows(sequences: readonly number[]): number[] {
    const seen = new Set<number>();
    return sequences.flatMap((sequence, row) =>
      this.isSettled(sequence) || seen.has(sequence) ? [] : (seen.add(sequence), [row]),
    );
  }

  /** Records that the samples went through a training step. */
  recordApplied(samples: readonly LabelledSample[]): void {
    this.#appliedRows += samples.length;
    for (const sample of samples) this.#settle(sample);
  }

  /** Records that the samples cannot be prepared: they are not requested again in this epoch. */
  recordDropped(samples: readonly LabelledSample[]): void {
    this.#droppedRows += samples.length;
    for (const sample of samples) this.#settle(sample);
  }

  /** Whether exactly these samples are settled, each with the class it has here. */
  covers(samples: readonly LabelledSample[]): boolean {
    return samples.length === this.#settledCount && samples.reduce(addToDigest, 0) === this.#contentDigest;
  }

  toRecord(): LedgerRecord {
    return {
      pass: this.epoch,
      snapshotSequence: this.snapshotSequence,
      appliedRows: this.#appliedRows,
      droppedRows: this.#droppedRows,
      settled: Buffer.from(this.#bits).toString('base64'),
      ...(Number.isNaN(this.#contentDigest) ? {} : { contentDigest: this.#contentDigest }),
    };
  }

  /** SHA-256 of the counts and bits, lower-case hexadecimal: goes into the model card as proof of what was seen. */
  hash(): string {
    const { contentDigest: _, ...counted } = this.toRecord();
    return createHash('sha256').update(JSON.stringify(counted)).digest('hex');
  }

  /** Throws MODEL_INVALID when the record's counts and bits disagree. */
  static fromRecord(record: LedgerRecord): Ledger {
    const ledger = new Ledger(record.pass, record.snapshotSequence);
    ledger.#bits = new Uint8Array(Buffer.from(record.settled, 'base64'));
    ledger.#settledCount = ledger.#bits.reduce((count, byte) => count + popCount(byte), 0);
    ledger.#appliedRows = record.appliedRows;
    ledger.#droppedRows = record.droppedRows;
    ledger.#contentDigest = record.contentDigest ?? NaN;
    if (ledger.repeatedRows !== 0) {
      throw new SulcusError(
        'MODEL_INVALID',
        `The checkpoint's ledger counts ${record.appliedRows} applied and ${record.droppedRows} dropped rows ` +
          `for ${ledger.#settledCount} samples`,
      );
    }
    return ledger;
  }

  #settle(sample: LabelledSample): void {
    const sequence = sample.scanSequence;
    const byte = sequence >> 3;
    if (byte >= this.#bits.length) {
      const grown = new Uint8Array(Math.max(byte + 1, this.#bits.length * 2));
      grown.set(this.#bits);
      this.#bits = grown;
    }
    if (this.isSettled(sequence)) return;
    this.#bits[byte]! |= 1 << (sequence & 7);
    this.#settledCount++;
    this.#contentDigest = addToDigest(this.#contentDigest, sample);
  }
}

function addToDigest(digest: number, { scanSequence, classIndex }: LabelledSample): number {
  const hash = createHash('sha256').update(`${scanSequence}:${classIndex}`).digest();
  return (digest + hash.readUIntBE(0, 6)) % DIGEST_RANGE;
}

function popCount(byte: number): number {
  let count = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) count++;
  return count;
}
