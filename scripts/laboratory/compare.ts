import type { Findings } from './findings.js';

/**
 * Whether each sample has its place on SCANS in both: the order of an epoch is a function of it. A broker whose disk is
 * full uses up places.
 */
export const samePlaces = (one: Findings, other: Findings): boolean =>
  Object.entries(one.places).every(([sample, place]) => (other.places[sample] ?? place) === place);

/** What differs from a run left alone, in numbers and in sentences. */
export interface Difference {
  /** Accepted images that are nowhere, or had no effect. */
  lost: number;
  /** Images stored twice, or with their effect twice in an epoch. */
  doubled: number;
  /** Versions and checkpoint tensors with other bits. */
  wrong: number;
  sentences: string[];
}

/**
 * Compares a run with the calm one of the same images.
 *
 * @param sameArrivals whether training began with the same images in both: else weights cannot be equal
 */
export function compare(found: Findings, calm: Findings, sameArrivals: boolean): Difference {
  const sentences: string[] = [];
  const tell = (count: number, sentence: string): number => {
    if (count > 0) sentences.push(sentence);
    return count;
  };
  const here = new Set([...found.scans, ...found.archived]);
  const missing = [...new Set([...calm.scans, ...calm.archived])].filter((sample) => !here.has(sample));
  const repeated = found.scans.length - new Set(found.scans).size;
  const rows = found.appliedRows - found.trainingSamples;
  const lost =
    tell(missing.length, `${missing.length} images are neither on SCANS nor in the archive: ${missing[0]}…`) +
    tell(Math.max(0, -rows), `${-rows} training images had no effect in the last epoch`);
  const doubled =
    tell(repeated, `${repeated} images are on SCANS twice`) +
    // What was learned before it was lost is no more than once in the weights.
    tell(Math.max(0, rows - missing.length), `${rows} rows more than images were learned in the last epoch`);
  for (const [stream, count] of Object.entries(found.leftover)) tell(count, `${count} messages are left on ${stream}`);
  const wrong = sameArrivals ? differentBits(found, calm, sentences) : 0;
  return { lost, doubled, wrong, sentences };
}

function differentBits(found: Findings, calm: Findings, sentences: string[]): number {
  const compared = [
    ['version', found.versions, calm.versions],
    ['checkpoint part', found.checkpoint, calm.checkpoint],
  ] as const;
  let wrong = 0;
  for (const [what, mine, others] of compared)
    for (const name of new Set([...Object.keys(mine), ...Object.keys(others)])) {
      if (mine[name] === others[name]) continue;
      wrong++;
      const how = mine[name] === undefined ? 'is missing' : others[name] === undefined ? 'is one more' : 'differs';
      sentences.push(`${what} ${name} ${how}`);
    }
  for (const count of ['steps', 'samples'] as const)
    if (found[count] !== calm[count]) {
      wrong++;
      sentences.push(`${found[count]} ${count}, ${calm[count]} in the calm run`);
    }
  return wrong;
}
