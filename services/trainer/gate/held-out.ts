import { createHash } from 'node:crypto';
import { StratifiedSample } from '#libs/sampling';
import type { IndexedSample } from '../data/sample-index.js';

/** A sample with the class it has when it is chosen: a label may be corrected while models answer. */
export interface HeldOutSample extends IndexedSample {
  readonly classIndex: number;
}

/** What samples can be held out for. */
type Purpose = 'validation' | 'gate';

/**
 * The samples of a split that are asked, in stream order: all of them, or of more than `limit` those with the smallest
 * keyed hashes, as many of each class as of any other. A function of the samples alone, whatever came first and
 * whichever run asks.
 *
 * @param labelled samples with a label of the run's classes, in stream order
 * @param limit at least 1
 */
export function heldOutSamples(labelled: readonly IndexedSample[], purpose: Purpose, limit: number): HeldOutSample[] {
  return withinLimit(labelled, purpose, limit).map((sample) => ({ ...sample, classIndex: sample.classIndex! }));
}

function withinLimit(labelled: readonly IndexedSample[], purpose: Purpose, limit: number): readonly IndexedSample[] {
  if (labelled.length <= limit) return labelled;
  const sample = new StratifiedSample<{ id: string; indexed: IndexedSample }>(`${purpose} 1`, { total: limit });
  for (const indexed of labelled) sample.add(String(indexed.classIndex), { id: indexed.sampleId, indexed });
  return [...sample.items()].map(({ indexed }) => indexed).sort((a, b) => a.scanSequence - b.scanSequence);
}

/** Samples of each class, by name, in the order of the class list. */
export function classCounts(samples: readonly HeldOutSample[], classes: readonly string[]): Record<string, number> {
  const counts = classes.map(() => 0);
  for (const { classIndex } of samples) counts[classIndex]!++;
  return Object.fromEntries(classes.map((name, index) => [name, counts[index]!]));
}

/** Names a set of samples with their classes, whatever the class list of who asks: SHA-256, lower-case hexadecimal. */
export function sampleSetHash(samples: readonly HeldOutSample[], classes: readonly string[]): string {
  const hash = createHash('sha256');
  for (const line of samples.map(({ sampleId, classIndex }) => `${sampleId} ${classes[classIndex]}\n`).sort())
    hash.update(line);
  return hash.digest('hex');
}
