import { fitTemperature, LabelledProbabilities, MIN_PROBABILITY, type Calibration } from '#libs/calibration';
import { argMax } from '#libs/evaluation';
import type { ValidationMetrics } from '../publishing/promotion.js';

/** Accumulates the metrics of a model's answers, batch by batch. */
export class MetricAccumulator {
  #lossSum = 0;
  #correct = 0;
  #samples = 0;
  readonly #predicted = new Set<number>();
  readonly #labels = new Set<number>();
  readonly #answers: LabelledProbabilities | undefined;

  /** @param classCount keeps the answers too, to calibrate on; not given: keeps sums only */
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

  /** Undefined when there was no sample. */
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

  /**
   * The temperature that these answers are best served at; the metrics are of the answers as they are. Undefined when
   * they were not kept.
   */
  calibration(): Calibration | undefined {
    return this.#answers && fitTemperature(this.#answers);
  }
}
