import { endianness } from 'node:os';

/** The words that stand in a frame, ascending, and how often each does. Everything is worked out once for each. */
export interface WordCounts {
  words: Uint16Array;
  counts: Uint32Array;
}

/** Counts of each word there can be. Kept, and empty between two frames. */
const TABLES = [new Uint32Array(65_536), new Uint32Array(65_536)] as const;

/** Counts the words of a frame. */
export function countWords(stored: Uint8Array | Uint16Array): WordCounts {
  if (!(stored instanceof Uint16Array)) return taken(countSingly(stored, 0, stored.length));
  // Pairs lie at multiples of four bytes.
  const start = stored.byteOffset % 4 === 0 ? 0 : Math.min(1, stored.length);
  const pairs = new Uint32Array(stored.buffer, stored.byteOffset + 2 * start, (stored.length - start) >> 1);
  const ends = [
    countSingly(stored, 0, start),
    countPairs(pairs),
    countSingly(stored, start + 2 * pairs.length, stored.length),
  ];
  return taken(Math.max(...ends));
}

/** @returns one more than the largest word */
function countSingly(stored: Uint8Array | Uint16Array, from: number, until: number): number {
  const [table] = TABLES;
  let end = 0;
  for (let at = from; at < until; at++) {
    const word = stored[at]!;
    table[word]!++;
    if (word >= end) end = word + 1;
  }
  return end;
}

/** Each word of a pair has a table of its own: neighbours are often alike, and what was just written is waited for. */
function countPairs(pairs: Uint32Array): number {
  const [even, odd] = TABLES;
  let end = 0;
  for (let at = 0; at < pairs.length; at++) {
    const both = pairs[at]!;
    const one = both & 0xffff;
    const other = both >>> 16;
    even[one]!++;
    odd[other]!++;
    if (one >= end) end = one + 1;
    if (other >= end) end = other + 1;
  }
  return end;
}

/** What the tables hold below `end`; they are empty then. */
function taken(end: number): WordCounts {
  const [even, odd] = TABLES;
  const words = new Uint16Array(end);
  const counts = new Uint32Array(end);
  let length = 0;
  for (let word = 0; word < end; word++) {
    const count = even[word]! + odd[word]!;
    if (count === 0) continue;
    words[length] = word;
    counts[length++] = count;
  }
  even.fill(0, 0, end);
  odd.fill(0, 0, end);
  return { words: words.subarray(0, length), counts: counts.subarray(0, length) };
}

/** The grey of each word of a frame, by a table that has one for each. */
export function mapGreys(words: Uint8Array | Uint16Array, table: Uint8Array): Uint8Array {
  const greys = new Uint8Array(words.length);
  // By index: callbacks cost more than the looking up; and four in one go, for writing costs as much.
  const fours = endianness() === 'LE' ? new Uint32Array(greys.buffer, 0, words.length >> 2) : new Uint32Array();
  for (let four = 0, from = 0; four < fours.length; four++, from += 4) {
    const low = table[words[from]!]! | (table[words[from + 1]!]! << 8);
    fours[four] = low | (table[words[from + 2]!]! << 16) | (table[words[from + 3]!]! << 24);
  }
  for (let at = 4 * fours.length; at < words.length; at++) greys[at] = table[words[at]!]!;
  return greys;
}
