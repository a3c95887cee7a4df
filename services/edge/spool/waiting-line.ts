import type { SpoolEntry } from './entry.js';

/** Which of the samples that wait is sent next. */
export type SendOrder = 'newest' | 'oldest';

/** Samples that wait, by their order of arrival. */
export class WaitingLine {
  /** Ascending; what is before `#head` has left. */
  #entries: SpoolEntry[] = [];
  #head = 0;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  get oldest(): SpoolEntry | undefined {
    return this.#entries[this.#head];
  }

  /** Most come in order; one that is given back finds its old place. */
  add(entry: SpoolEntry): void {
    let [low, high] = [this.#head, this.#entries.length];
    if (high > low && this.#entries[high - 1]!.sequence < entry.sequence) low = high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#entries[middle]!.sequence < entry.sequence) low = middle + 1;
      else high = middle;
    }
    this.#entries.splice(low, 0, entry);
  }

  take(order: SendOrder): SpoolEntry | undefined {
    if (this.length === 0) return undefined;
    if (order === 'newest') return this.#entries.pop();
    const entry = this.#entries[this.#head++];
    if (this.#head > 1024 && 2 * this.#head > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }
}
