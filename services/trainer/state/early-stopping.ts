/** What a checkpoint keeps of the early stopping rule. */
export interface EarlyStoppingRecord {
  bestLoss: number | null;
  validationsWithoutImprovement: number;
}

/**
 * Stops when the validation loss has not fallen below its best for `patience` validations in a row. Strictly below:
 * an equal loss is no improvement.
 */
export class EarlyStopping {
  readonly #patience: number | undefined;
  #bestLoss: number;
  #validationsWithoutImprovement: number;

  /** @param patience validations without improvement that end training; undefined: never */
  constructor(
    patience: number | undefined,
    record: EarlyStoppingRecord = { bestLoss: null, validationsWithoutImprovement: 0 },
  ) {
    this.#patience = patience;
    this.#bestLoss = record.bestLoss ?? Number.POSITIVE_INFINITY;
    this.#validationsWithoutImprovement = record.validationsWithoutImprovement;
  }

  get stopped(): boolean {
    return this.#patience !== undefined && this.#validationsWithoutImprovement >= this.#patience;
  }

  /** Whether a loss is below the best so far. */
  improves(loss: number): boolean {
    return loss < this.#bestLoss;
  }

  /** Takes the loss of a validation; true when it is the best so far. */
  record(loss: number): boolean {
    const improved = this.improves(loss);
    this.#bestLoss = improved ? loss : this.#bestLoss;
    this.#validationsWithoutImprovement = improved ? 0 : this.#validationsWithoutImprovement + 1;
    return improved;
  }

  /** The data changed: losses of before are measured on something else. */
  reset(): void {
    this.#bestLoss = Number.POSITIVE_INFINITY;
    this.#validationsWithoutImprovement = 0;
  }

  toRecord(): EarlyStoppingRecord {
    return {
      bestLoss: Number.isFinite(this.#bestLoss) ? this.#bestLoss : null,
      validationsWithoutImprovement: this.#validationsWithoutImprovement,
    };
  }
}
