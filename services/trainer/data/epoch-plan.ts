import { createRandom } from '#libs/random';
import type { Ledger } from './ledger.js';
import type { IndexedSample } from './sample-index.js';

export interface EpochPlanOptions {
  seed: number;
  batchSize: number;
  /** Takes as many samples of each class as the rarest class has; which ones, changes from epoch to epoch. */
  classBalanced: boolean;
}

/**
 * The sequence of the samples within one epoch: those known when it began, shuffled; then the new ones as they arrive.
 * It is a function of seed, epoch and scan sequence alone, so a trainer that resumes goes on with it.
 */
export class EpochPlan {
  readonly #labelled: () => readonly IndexedSample[];
  readonly #ledger: Ledger;
  readonly #options: EpochPlanOptions;
  #queue: readonly IndexedSample[];
  /** Position in the queue of the next sample to request. */
  #cursor = 0;
  /** Newest scan that has been in the queue. */
  #queuedThrough: number;

  /** @param labelled the training samples that have a label now, in stream order */
  constructor(ledger: Ledger, labelled: () => readonly IndexedSample[], options: EpochPlanOptions) {
    this.#ledger = ledger;
    this.#labelled = labelled;
    this.#options = options;
    this.#queuedThrough = ledger.snapshotSequence;
    this.#queue = this.#shuffledSnapshot();
  }

  /** The samples of the next batch, fewer than a batch only at the end of the epoch; empty when nothing is left. */
  next(): IndexedSample[] {
    const batch: IndexedSample[] = [];
    while (batch.length < this.#options.batchSize) {
      const sample = this.#queue[this.#cursor];
      if (sample === undefined) {
        if (!this.#queueArrivals()) break;
        continue;
      }
      this.#cursor++;
      const isLabelled = sample.classIndex !== undefined;
      if (isLabelled && !this.#ledger.isSettled(sample.scanSequence)) batch.push(sample);
    }
    return batch;
  }

  #shuffledSnapshot(): IndexedSample[] {
    const shuffleKey = createShuffleKey(this.#options.seed, this.#ledger.epoch);
    const shuffled = this.#labelled()
      .filter(({ scanSequence }) => scanSequence <= this.#ledger.snapshotSequence)
      .map((sample) => ({ sample, key: shuffleKey(sample.scanSequence) }))
      .sort((a, b) => a.key - b.key || a.sample.scanSequence - b.sample.scanSequence)
      .map(({ sample }) => sample);
    return this.#options.classBalanced ? balance(shuffled) : shuffled;
  }

  /** Samples that came since: a balanced epoch leaves them to the next one. */
  #queueArrivals(): boolean {
    if (this.#options.classBalanced) return false;
    this.#queue = this.#labelled().filter(({ scanSequence }) => scanSequence > this.#queuedThrough);
    this.#cursor = 0;
    const last = this.#queue.at(-1);
    if (last === undefined) return false;
    this.#queuedThrough = last.scanSequence;
    return true;
  }
}

function balance(samples: readonly IndexedSample[]): IndexedSample[] {
  const counts = new Map<number, number>();
  for (const { classIndex } of samples) counts.set(classIndex!, (counts.get(classIndex!) ?? 0) + 1);
  const limit = Math.min(...counts.values());
  const taken = new Map<number, number>();
  return samples.filter(({ classIndex }) => {
    const count = taken.get(classIndex!) ?? 0;
    taken.set(classIndex!, count + 1);
    return count < limit;
  });
}

/** A keyed 32-bit mix (the finaliser of MurmurHash3): sorting by it shuffles, and stays put when samples join. */
function createShuffleKey(seed: number, epoch: number): (sequence: number) => number {
  // 'order' names a stream of random numbers: another name would give other weights.
  const key = createRandom(seed, 'order', epoch).integer(-0x80000000, 0x7fffffff);
  return (sequence) => {
    let hash = sequence ^ key;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  };
}
