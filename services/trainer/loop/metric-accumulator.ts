import { createHash } from 'node:crypto';
import { fitTemperature, LabelledProbabilities, MIN_PROBABILITY, type Calibration } from '#libs/calibration';
import type { TensorBatch } from '#libs/contracts';
import type { IndexedSample } from '../data/sample-index.js';
import type { ValidationMetrics } from '../publishing/promotion.js';

/** Adds up what a model answers on the validation batches. */
export class ValidationTally {
  #lossSum = 0;
  #correct = 0;
  #samples = 0;
  readonly #predicted = new Set<number>();
  readonly #labels = new Set<number>();
  readonly #answers: LabelledProbabilities | undefined;

  /** @param classCount keeps the answers too, to calibrate on; not given: only adds them up */
  constructor(classCount?: number) {
    this.#answers = classCount === undefined ? undefined : new LabelledProbabilities(classCount);
  }

  /** @param probabilities axes [batch, class], each row summing to 1 */
  add(probabilities: Float32Array, labels: Int32Array, classCount: number): void {
    labels.forEach((label, row) => {
      const answer = probabilities.subarray(row * classCount, (row + 1) * classCount);
      this.#lossSum -= Math.log(Math.max(answer[label]!, MIN_PROBABILITY));
      const predicted = argMax(answer);
      this.#correct += predicted === label ? 1 : 0;
      this.#predicted.add(predicted);
      this.#labels.add(label);
    });
    this.#samples += labels.length;
    this.#answers?.add(probabilities, labels);
  }

  /** Undefined when no validation sample could be prepared. */
  metrics(): ValidationMetrics | undefined {
    if (this.#samples === 0) return undefined;
    const [onlyPredicted] = this.#predicted.size === 1 && this.#labels.size > 1 ? this.#predicted : [];
    return {
      loss: this.#lossSum / this.#samples,
      accuracy: this.#correct / this.#samples,
      samples: this.#samples,
      ...(onlyPredicted !== undefined && { onlyPredicted }),
    };
  }

  /** The temperature that these answers are best served at. The metrics are of the answers as they are. Undefined when they were not kept. */
  calibration(): Calibration | undefined {
    return this.#answers && fitTemperature(this.#answers);
  }
}

/** Index of the largest value; of equal ones the first, as TensorFlow's ArgMax. */
function argMax(values: Float32Array): number {
  return values.reduce((best, value, index) => (value > values[best]! ? index : best), 0);
}

/** Identity of a set of labelled samples: two losses can be compared when they are measured on the same set. */
export function fingerprint(...sets: readonly (readonly IndexedSample[])[]): string {
  const hash = createHash('sha256');
  for (const set of sets) {
    for (const { scanSequence, classIndex } of set) hash.update(`${scanSequence}:${classIndex} `);
    hash.update('|');
  }
  return hash.digest('hex');
}

/** Class indices of a batch, in row order. */
export const labelsOf = (batch: TensorBatch): Int32Array =>
  Int32Array.from(batch.samples, ({ classIndex }) => classIndex);
