import type { Delivery } from '#libs/bus';
import type { Calibration } from '#libs/calibration';
import type { TensorBatch } from '#libs/contracts';
import { fingerprint } from '../data/fingerprint.js';
import { releaseBatch } from '../data/held-batches.js';
import { openBatch } from '../data/open-batch.js';
import { classCounts, type HeldOutSample } from '../gate/held-out.js';
import type { MeasuredMetrics } from '../publishing/promotion.js';
import { MetricAccumulator } from './metric-accumulator.js';
import type { TrainerParts } from './parts.js';

/** The network in training answers the validation samples: for early stopping, schedule and calibration. */
export class Validation {
  readonly #parts: TrainerParts;
  readonly #samples: readonly HeldOutSample[];
  readonly #sampleSetHash: string;
  readonly #metrics: MetricAccumulator;

  constructor(parts: TrainerParts, samples: readonly HeldOutSample[]) {
    this.#parts = parts;
    this.#samples = samples;
    this.#sampleSetHash = fingerprint(samples);
    this.#metrics = new MetricAccumulator(parts.state.identity.classes.length);
  }

  /** A batch of images prepared for the network in training. */
  async answer(delivery: Delivery<TensorBatch>): Promise<void> {
    const { bus, network, session, state } = this.#parts;
    const { pixels, labels } = await openBatch(bus, delivery.message, network.input);
    if (labels.length > 0) {
      const { probabilities } = await session.evaluate({ pixels, labels, count: labels.length });
      this.#metrics.add(probabilities, labels, state.identity.classes.length);
    }
    // A validation leaves no effect that could be lost.
    await releaseBatch(bus, delivery);
  }

  /** Undefined when no sample could be prepared. */
  metrics(): MeasuredMetrics | undefined {
    const metrics = this.#metrics.metrics();
    const counts = classCounts(this.#samples, this.#parts.state.identity.classes);
    return metrics && { ...metrics, sampleSetHash: this.#sampleSetHash, classCounts: counts };
  }

  /** The temperature that the answers are best served at. */
  calibration(): Calibration | undefined {
    return this.#metrics.calibration();
  }
}
