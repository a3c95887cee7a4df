/** What the trainer reported of the steps since the report before. */
export interface TrainingPoint {
  /** Training steps so far. */
  step: number;
  /** Epoch, from 0. */
  epoch: number;
  /** Samples so far, over all epochs. */
  samples: number;
  /** Mean cross-entropy. */
  loss: number;
  /** Fraction, 0-1. */
  accuracy: number;
  imagesPerSecond: number;
  learningRate: number;
  timeUnixMs: number;
}

export interface ValidationPoint {
  /** Training steps before it. */
  step: number;
  /** Epoch it belongs to, from 0. */
  epoch: number;
  /** Validation samples it was measured on. */
  samples: number;
  loss: number;
  accuracy: number;
  /** Model version published from this state, or empty. */
  version: string;
  promoted: boolean;
  /** Why it was promoted or not, where that was said. */
  reason?: string;
  timeUnixMs: number;
}

/** Reports that are kept; beyond that neighbours are merged, so that memory and files stay bounded in long runs. */
const MAX_POINTS = 4096;

/** The whole course of a training, as its reports come in. */
export class TrainingHistory {
  readonly training: TrainingPoint[] = [];
  readonly validations: ValidationPoint[] = [];
  readonly #maxPoints: number;

  /** @param maxPoints training reports kept, at least 2 */
  constructor(maxPoints = MAX_POINTS) {
    this.#maxPoints = maxPoints;
  }

  addTraining(point: TrainingPoint): void {
    forgetFrom(this.training, point.step);
    this.training.push(point);
    if (this.training.length > this.#maxPoints)
      this.training.splice(0, this.training.length, ...mergePairs(this.training));
  }

  /** A validation belongs to the epoch of the steps before it, also when its report comes after the next has begun. */
  addValidation(point: ValidationPoint): void {
    forgetFrom(this.validations, point.step);
    const trained = this.training.at(-1);
    this.validations.push(trained?.step === point.step ? { ...point, epoch: trained.epoch } : point);
  }

  /** Training loss and accuracy between each validation and the one before; undefined where nothing was reported. */
  trainingAtValidations(): ({ loss: number; accuracy: number } | undefined)[] {
    return this.validations.map(({ step }, index) => {
      const after = this.validations[index - 1]?.step ?? 0;
      const weighted = withSamples(this.training).filter(({ point }) => point.step > after && point.step <= step);
      return weighted.length === 0 ? undefined : { loss: mean(weighted, 'loss'), accuracy: mean(weighted, 'accuracy') };
    });
  }

  /**
   * Training over each epoch, and the last validation in it; NaN where nothing was reported. Ascending.
   */
  byEpoch(key: 'loss' | 'accuracy'): { epoch: number; training: number; validation: number }[] {
    const epochs = new Set([...this.training, ...this.validations].map(({ epoch }) => epoch));
    const trained = withSamples(this.training);
    return [...epochs]
      .sort((left, right) => left - right)
      .map((epoch) => {
        const within = trained.filter(({ point }) => point.epoch === epoch);
        return {
          epoch,
          training: within.length === 0 ? NaN : mean(within, key),
          validation: this.validations.findLast((point) => point.epoch === epoch)?.[key] ?? NaN,
        };
      });
  }
}

interface WeightedPoint {
  point: TrainingPoint;
  /** Samples since the report before. */
  weight: number;
}

/** A trainer that resumes from a checkpoint repeats steps: what they were before has had no effect. */
function forgetFrom(points: { step: number }[], step: number): void {
  while (points.length > 0 && points.at(-1)!.step >= step) points.pop();
}

function withSamples(points: readonly TrainingPoint[]): WeightedPoint[] {
  return points.map((point, index) => ({
    point,
    weight: Math.max(1, point.samples - (points[index - 1]?.samples ?? 0)),
  }));
}

function mean(points: readonly WeightedPoint[], key: 'loss' | 'accuracy' | 'imagesPerSecond'): number {
  const total = points.reduce((sum, { weight }) => sum + weight, 0);
  return points.reduce((sum, { point, weight }) => sum + point[key] * weight, 0) / total;
}

function mergePairs(points: readonly TrainingPoint[]): TrainingPoint[] {
  const weighted = withSamples(points);
  const merged: TrainingPoint[] = [];
  for (let index = 0; index < weighted.length; index += 2) {
    const pair = weighted.slice(index, index + 2);
    merged.push({
      ...pair.at(-1)!.point,
      loss: mean(pair, 'loss'),
      accuracy: mean(pair, 'accuracy'),
      imagesPerSecond: mean(pair, 'imagesPerSecond'),
    });
  }
  return merged;
}
