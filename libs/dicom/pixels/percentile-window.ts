import type { ValueWindow } from './voi.js';

/** Shares of the measured pixels that become all black and all white: MR has no absolute scale (PS3.3 C.8.3.1). */
export const LOW_SHARE = 0.005;
export const HIGH_SHARE = 0.995;

/** How often each measured value occurs, over the frames of a series; padding left out. */
export class ValueHistogram {
  readonly #counts = new Map<number, number>();
  #total = 0;

  /** Values counted. */
  get total(): number {
    return this.#total;
  }

  add(value: number, count: number): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + count);
    this.#total += count;
  }

  addAll(other: Iterable<readonly [value: number, count: number]>): void {
    for (const [value, count] of other) this.add(value, count);
  }

  /** Pairs of value and count, ascending by value. */
  entries(): [value: number, count: number][] {
    return [...this.#counts].sort(([left], [right]) => left - right);
  }

  /**
   * The window between two shares of the pixels.
   *
   * @returns undefined where nothing was counted
   */
  window(lowShare = LOW_SHARE, highShare = HIGH_SHARE): ValueWindow | undefined {
    const entries = this.entries();
    if (entries.length === 0) return undefined;
    return { low: quantile(entries, lowShare * this.#total), high: quantile(entries, highShare * this.#total) };
  }
}

/** The smallest value that so many do not exceed. */
function quantile(entries: readonly [number, number][], wanted: number): number {
  let seen = 0;
  for (const [value, count] of entries) {
    seen += count;
    if (seen >= wanted) return value;
  }
  return entries.at(-1)![0];
}
