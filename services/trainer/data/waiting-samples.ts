/** Samples that are known of and cannot be learned from: of what is kept of them. */
export interface WaitingSamples {
  /** Without a label. */
  readonly unlabelled: number;
  /** Those whose label is not in the class list, by that label. */
  readonly unknownLabels: ReadonlyMap<string, number>;
}

/** Counts them as they come and go. */
export class WaitingCounts implements WaitingSamples {
  #unlabelled = 0;
  readonly #unknown = new Map<string, number>();

  get unlabelled(): number {
    return this.#unlabelled;
  }

  get unknownLabels(): ReadonlyMap<string, number> {
    return this.#unknown;
  }

  /** @param label of the sample, or empty. @param by 1 when it begins to wait, -1 when it no longer does */
  count(label: string, by: 1 | -1): void {
    if (label === '') {
      this.#unlabelled += by;
      return;
    }
    const count = (this.#unknown.get(label) ?? 0) + by;
    if (count === 0) this.#unknown.delete(label);
    else this.#unknown.set(label, count);
  }
}
