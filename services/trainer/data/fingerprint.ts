import { createHash } from 'node:crypto';
import type { IndexedSample } from './sample-index.js';

/** Identity of a set of labelled samples: two losses can be compared when they are measured on the same set. */
export function fingerprint(...sets: readonly (readonly IndexedSample[])[]): string {
  const hash = createHash('sha256');
  for (const set of sets) {
    for (const { scanSequence, classIndex } of set) hash.update(`${scanSequence}:${classIndex} `);
    hash.update('|');
  }
  return hash.digest('hex');
}
