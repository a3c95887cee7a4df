import type { ValueWindow } from './voi.js';

/** Shares of the measured pixels that become all black and all white: MR has no absolute scale (PS3.3 C.8.3.1). */
export const LOW_SHARE = 0.005;
export const HIGH_SHARE = 0.995;

/** How often each measured value occurs: values ascending, each once, and as many counts. */
export interface ValueCounts {
  values: Float64Array;
  counts: Float64Array;
}

const NONE: ValueCounts = { values: new Float64Array(), counts: new Float64Array() };

/** How often each measured value occurs, over the frames of a series; padding left out. */
export class ValueHistogram {
  #held: ValueCounts;
  #total: number;

  constructor(held: ValueCounts = NONE) {
    this.#held = held;
    this.#total = 0;
    for (let at = 0; at < held.counts.length; at++) this.#total += held.counts[at]!;
  }

  /** Values counted. */
  get total(): number {
    return this.#total;
  }

  /** Values and their counts. They are not to be changed. */
  get counted(): ValueCounts {
    return this.#held;
  }

  /** Slices of a series have much the same values: these are counted where they are. */
  addAll({ values, counts }: ValueCounts): void {
    this.#held = isWithin(values, this.#held.values) ? this.#held : widened(this.#held, values);
    const { values: known, counts: sums } = this.#held;
    for (let at = 0, slot = 0; at < values.length; at++) {
      while (known[slot] !== values[at]) slot++;
      sums[slot]! += counts[at]!;
      this.#total += counts[at]!;
    }
  }

  /**
   * The window between two shares of the pixels.
   *
   * @returns undefined where nothing was counted
   */
  window(lowShare = LOW_SHARE, highShare = HIGH_SHARE): ValueWindow | undefined {
    if (this.#total === 0) return undefined;
    return {
      low: quantile(this.#held, lowShare * this.#total),
      high: quantile(this.#held, highShare * this.#total),
    };
  }
}

/** Counts of values in any order, in which one may stand more than once. What is in order is held as it is. */
export function inOrder(values: Float64Array, counts: Float64Array): ValueCounts {
  let isAscending = true;
  for (let at = 1; at < values.length; at++) isAscending &&= values[at - 1]! < values[at]!;
  if (isAscending) return { values, counts };
  const sums = new Map<number, number>();
  values.forEach((value, at) => sums.set(value, (sums.get(value) ?? 0) + counts[at]!));
  const sorted = Float64Array.from(sums.keys()).sort();
  return { values: sorted, counts: sorted.map((value) => sums.get(value)!) };
}

function isWithin(values: Float64Array, known: Float64Array): boolean {
  let slot = 0;
  for (const value of values) {
    while (slot < known.length && known[slot]! < value) slot++;
    if (known[slot] !== value) return false;
  }
  return true;
}

/** The same counts, with room for more values. */
function widened({ values, counts }: ValueCounts, more: Float64Array): ValueCounts {
  const all = Float64Array.from(new Set([...values, ...more])).sort();
  const sums = new Float64Array(all.length);
  for (let at = 0, slot = 0; at < values.length; at++) {
    while (all[slot] !== values[at]) slot++;
    sums[slot] = counts[at]!;
  }
  return { values: all, counts: sums };
}

/** The smallest value that so many do not exceed. */
function quantile({ values, counts }: ValueCounts, wanted: number): number {
  let seen = 0;
  for (let at = 0; at < values.length; at++) {
    seen += counts[at]!;
    if (seen >= wanted) return values[at]!;
  }
  return values.at(-1)!;
}
