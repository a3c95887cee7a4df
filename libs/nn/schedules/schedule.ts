import { z } from 'zod';

const factor = z.number().positive().lt(1);
const rate = z.number().nonnegative();
const every = z.enum(['epoch', 'batch']);
const count = z.int().min(1);

/**
 * How the learning rate changes during training, with torch's rules:
 * - `step`: multiplied by `factor` after every `stepSize` epochs or batches (`StepLR`);
 * - `reduceOnPlateau`: multiplied by `factor` (0.1) when the validation loss has not fallen by the share `threshold`
 *   (1e-4) for more than `patience` (10) validations, down to `minimumLearningRate` (0) (`ReduceLROnPlateau`);
 * - `cosine`: falls along half a cosine to `minimumLearningRate` (0) within `length` epochs or batches, and stays there
 *   (`CosineAnnealingLR`).
 */
export const scheduleSchema = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('step'), every, stepSize: count, factor }),
  z.strictObject({
    name: z.literal('reduceOnPlateau'),
    factor: factor.optional(),
    patience: z.int().nonnegative().optional(),
    threshold: z.number().min(0).lt(1).optional(),
    minimumLearningRate: rate.optional(),
  }),
  z.strictObject({ name: z.literal('cosine'), every, length: count, minimumLearningRate: rate.optional() }),
]);

export type ScheduleConfig = Readonly<z.infer<typeof scheduleSchema>>;

/** What a checkpoint keeps of a schedule. */
export interface ScheduleRecord {
  epochs: number;
  batches: number;
  /** Lowest validation loss that counted as a fall; null: none yet. */
  bestLoss: number | null;
  validationsWithoutFall: number;
  reductions: number;
}

const fresh = (): ScheduleRecord => ({
  epochs: 0,
  batches: 0,
  bestLoss: null,
  validationsWithoutFall: 0,
  reductions: 0,
});

/** Smaller changes of the rate are not made, as in torch. */
const SMALLEST_REDUCTION = 1e-8;

/** The learning rate of a training in progress. */
export class LearningRateSchedule {
  #record: ScheduleRecord;

  /**
   * @param config undefined: the rate stays
   * @param baseRate the rate of the first step
   * @param record what {@link toRecord} gave, to go on from there
   */
  constructor(
    private readonly config: ScheduleConfig | undefined,
    private readonly baseRate: number,
    record: ScheduleRecord = fresh(),
  ) {
    this.#record = { ...record };
  }

  /** The rate of the next step. */
  get learningRate(): number {
    switch (this.config?.name) {
      case undefined:
        return this.baseRate;
      case 'step':
        return this.baseRate * this.config.factor ** Math.floor(this.#count(this.config.every) / this.config.stepSize);
      case 'reduceOnPlateau':
        return this.#reducedRate(this.#record.reductions);
      case 'cosine': {
        const { length, minimumLearningRate = 0 } = this.config;
        const share = Math.min(1, this.#count(this.config.every) / length);
        return minimumLearningRate + ((this.baseRate - minimumLearningRate) * (1 + Math.cos(Math.PI * share))) / 2;
      }
    }
  }

  /** A step was made. */
  batchDone(): void {
    this.#record.batches++;
  }

  /** An epoch was completed. */
  epochDone(): void {
    this.#record.epochs++;
  }

  /** A validation gave this loss. */
  validated(loss: number): void {
    if (this.config?.name !== 'reduceOnPlateau') return;
    const { patience = 10, threshold = 1e-4 } = this.config;
    if (this.#record.bestLoss === null || loss < this.#record.bestLoss * (1 - threshold)) {
      this.#record.bestLoss = loss;
      this.#record.validationsWithoutFall = 0;
      return;
    }
    if (++this.#record.validationsWithoutFall <= patience) return;
    this.#record.validationsWithoutFall = 0;
    const { reductions } = this.#record;
    if (this.#reducedRate(reductions) - this.#reducedRate(reductions + 1) > SMALLEST_REDUCTION)
      this.#record.reductions++;
  }

  /** The data changed: epochs are counted and losses compared anew, from the base rate. */
  restart(): void {
    this.#record = fresh();
  }

  toRecord(): ScheduleRecord {
    return { ...this.#record };
  }

  #count(unit: 'epoch' | 'batch'): number {
    return unit === 'epoch' ? this.#record.epochs : this.#record.batches;
  }

  #reducedRate(reductions: number): number {
    const { factor = 0.1, minimumLearningRate = 0 } = this.config as Extract<
      ScheduleConfig,
      { name: 'reduceOnPlateau' }
    >;
    return reductions === 0
      ? this.baseRate
      : Math.max(Math.min(minimumLearningRate, this.baseRate), this.baseRate * factor ** reductions);
  }
}
