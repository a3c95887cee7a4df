import type { BatchOrder } from '../data/batch-exchange.js';
import type { PassPlan } from '../data/epoch-plan.js';
import type { IndexedSample } from '../data/sample-index.js';

export interface RoundOptions {
  pass: number;
  batchSize: number;
  /** Training samples after which the validation comes. */
  trainingSamples: number;
}

/**
 * What is ordered up to the next decision: training batches, until enough samples are trained on or the pass has no more,
 * and right behind them the validation split, so that nobody waits between the two.
 */
export class Round {
  readonly #plan: PassPlan;
  readonly #labelledForValidation: () => readonly IndexedSample[];
  readonly #options: RoundOptions;
  #passIsComplete = false;
  #validationSamples: readonly IndexedSample[] = [];

  /** @param labelledForValidation what there is to validate on at the moment it is asked for */
  constructor(plan: PassPlan, labelledForValidation: () => readonly IndexedSample[], options: RoundOptions) {
    this.#plan = plan;
    this.#labelledForValidation = labelledForValidation;
    this.#options = options;
  }

  /** True when the pass had no further sample to order. */
  get passIsComplete(): boolean {
    return this.#passIsComplete;
  }

  /** What is validated on: known from the first validation batch on. */
  get validationSamples(): readonly IndexedSample[] {
    return this.#validationSamples;
  }

  /** Whether samples came since the pass had none left to order. */
  hasLateArrivals(): boolean {
    return this.#plan.next().length > 0;
  }

  *orders(): Generator<BatchOrder, void> {
    const { pass, batchSize, trainingSamples } = this.#options;
    for (let ordered = 0; ordered < trainingSamples; ) {
      const samples = this.#plan.next();
      if (samples.length === 0) {
        this.#passIsComplete = true;
        break;
      }
      ordered += samples.length;
      yield { pass, split: 'SPLIT_TRAIN', samples };
    }
    // What came during the training is validated on too.
    this.#validationSamples = this.#labelledForValidation();
    for (let start = 0; start < this.#validationSamples.length; start += batchSize) {
      yield { pass, split: 'SPLIT_VALIDATION', samples: this.#validationSamples.slice(start, start + batchSize) };
    }
  }
}
