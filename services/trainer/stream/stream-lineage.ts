import { createHash } from 'node:crypto';
import type { Lineage } from '../state/lineage.js';
import type { StepBatch } from './stream-batch.js';

export interface StreamLineageRecord {
  /** Scan sequences of the first and the last new sample that was learned from; 0: none yet. */
  first: number;
  last: number;
  count: number;
  /** SHA-256 over every step's samples with their classes, chained; lower-case hexadecimal. */
  chain: string;
}

/** What the weights have learned from, in constant space: a chain of hashes over the samples of every step. */
export class StreamLineage {
  #record: StreamLineageRecord;

  constructor(record: StreamLineageRecord = { first: 0, last: 0, count: 0, chain: '' }) {
    this.#record = record;
  }

  get lineage(): Lineage {
    const { first, last, count, chain } = this.#record;
    return { scanSequences: { first, last, count }, ledgerHash: chain };
  }

  add({ isWarmUp, arrivals, samples }: Pick<StepBatch, 'isWarmUp' | 'arrivals' | 'samples'>): void {
    const { first, last, count, chain } = this.#record;
    const learned = (isWarmUp ? samples : arrivals).map(({ scanSequence }) => scanSequence);
    const hash = createHash('sha256').update(chain);
    for (const { scanSequence, classIndex } of samples) hash.update(` ${scanSequence}:${classIndex}`);
    this.#record = {
      first: Math.min(...learned, first || Infinity),
      last: Math.max(...learned, last),
      count: count + arrivals.length,
      chain: hash.digest('hex'),
    };
  }

  toRecord(): StreamLineageRecord {
    return this.#record;
  }
}
