import { createRandom } from '#libs/random';

/** Values kept at most, 65,536 samples of four classes: a fit over them takes a fraction of a second. */
const MAX_VALUES = 2 ** 18;

/**
 * Answers of a classifier with what was true, to fit and measure a calibration on. Beyond a fixed size it keeps a
 * uniform sample of what it was given (reservoir sampling), the same for the same answers in the same order.
 */
export class LabelledProbabilities {
  readonly #classes: number;
  readonly #maxRows: number;
  readonly #rows: { probabilities: Float32Array; label: number }[] = [];
  readonly #random = createRandom('labelled probabilities');
  #seen = 0;

  /** @param maxValues bounds rows × classes */
  constructor(classes: number, maxValues = MAX_VALUES) {
    this.#classes = classes;
    this.#maxRows = Math.max(1, Math.floor(maxValues / classes));
  }

  /** Rows kept. */
  get count(): number {
    return this.#rows.length;
  }

  /**
   * @param probabilities axes [row, class], each row summing to 1
   * @param labels true class of each row
   */
  add(probabilities: Float32Array, labels: Int32Array): void {
    labels.forEach((label, row) => {
      const place = this.#seen < this.#maxRows ? this.#seen : this.#random.integer(0, this.#seen);
      this.#seen++;
      if (place < this.#maxRows)
        this.#rows[place] = {
          probabilities: probabilities.slice(row * this.#classes, (row + 1) * this.#classes),
          label,
        };
    });
  }

  [Symbol.iterator](): IterableIterator<{ probabilities: Float32Array; label: number }> {
    return this.#rows.values();
  }
}
