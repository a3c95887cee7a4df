import type { BatchContent } from '../data/batch-exchange.js';
import { batchesOf } from '../data/batches-of.js';
import type { EpochPlan } from '../data/epoch-plan.js';
import type { HeldOutSample } from '../gate/held-out.js';

export interface ValidationIntervalOptions {
  epoch: number;
  batchSize: number;
  /** Training samples after which the validation comes. */
  trainingSamples: number;
}

/**
 * What is requested up to the next decision: training batches, until enough samples are trained on or the epoch has no
 * more, and right behind them the validation samples, so that nobody waits between the two.
 */
export class ValidationInterval {
  readonly #plan: EpochPlan;
  readonly #samplesToValidateOn: () => readonly HeldOutSample[];
  readonly #options: ValidationIntervalOptions;
  #reachesEndOfEpoch = false;
  #validationSamples: readonly HeldOutSample[] = [];

  /** @param samplesToValidateOn what there is at the moment it is asked for */
  constructor(
    plan: EpochPlan,
    samplesToValidateOn: () => readonly HeldOutSample[],
    options: ValidationIntervalOptions,
  ) {
    this.#plan = plan;
    this.#samplesToValidateOn = samplesToValidateOn;
    this.#options = options;
  }

  /** True when the epoch had no further sample to request. */
  get reachesEndOfEpoch(): boolean {
    return this.#reachesEndOfEpoch;
  }

  /** What is validated on: known from the first validation batch on. */
  get validationSamples(): readonly HeldOutSample[] {
    return this.#validationSamples;
  }

  /** Whether samples came since the epoch had none left to request. To be asked last: they are not requested here. */
  hasLateArrivals(): boolean {
    return this.#plan.next().length > 0;
  }

  /** The batches to request, training first. */
  *batches(): Generator<BatchContent, void> {
    const { epoch, batchSize, trainingSamples } = this.#options;
    for (let requested = 0; requested < trainingSamples; ) {
      const samples = this.#plan.next();
      if (samples.length === 0) {
        this.#reachesEndOfEpoch = true;
        break;
      }
      requested += samples.length;
      yield { epoch, split: 'SPLIT_TRAIN', samples };
    }
    // What came during the training is validated on too.
    this.#validationSamples = this.#samplesToValidateOn();
    yield* batchesOf({ samples: this.#validationSamples, split: 'SPLIT_VALIDATION', epoch, batchSize });
  }
}
