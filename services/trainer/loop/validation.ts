import type { Calibration } from '#libs/calibration';
import type { Delivery } from '#libs/bus';
import type { TensorBatch } from '#libs/contracts';
import { fingerprint } from '../data/fingerprint.js';
import { releaseBatch } from '../data/held-batches.js';
import { openBatch } from '../data/open-batch.js';
import type { IndexedSample } from '../data/sample-index.js';
import { offeredAlias, type Opponent, type ValidationMetrics } from '../publishing/promotion.js';
import { Champion } from './champion.js';
import { MetricAccumulator } from './metric-accumulator.js';
import type { TrainerOptions, TrainerParts } from './parts.js';

/** The network in training and the champion answer the same samples, each from images prepared as its card says. */
export class Validation {
  readonly #parts: TrainerParts;
  readonly #samples: readonly IndexedSample[];
  readonly #sampleSetHash: string;
  readonly #champion: Champion | undefined;
  readonly #metrics: MetricAccumulator;

  private constructor(
    parts: TrainerParts,
    {
      samples,
      sampleSetHash,
      champion,
    }: { samples: readonly IndexedSample[]; sampleSetHash: string; champion?: Champion },
  ) {
    this.#parts = parts;
    this.#samples = samples;
    this.#sampleSetHash = sampleSetHash;
    this.#champion = champion;
    this.#metrics = new MetricAccumulator(parts.state.identity.classes.length);
  }

  /** Loads the champion of this moment. */
  static async begin(
    parts: TrainerParts,
    { promotion, transformHash }: Pick<TrainerOptions, 'promotion' | 'transformHash'>,
    samples: readonly IndexedSample[],
  ): Promise<Validation> {
    const { registry, engine, state } = parts;
    const sampleSetHash = fingerprint(samples);
    const candidate = { classes: state.identity.classes, transformHash };
    const champion = await Champion.load(registry, engine, candidate, sampleSetHash, offeredAlias(promotion));
    return new Validation(parts, { samples, sampleSetHash, champion });
  }

  /** A batch of images prepared for the network in training. */
  async answer(delivery: Delivery<TensorBatch>): Promise<void> {
    const { bus, network, session, state } = this.#parts;
    const { pixels, labels } = await openBatch(bus, delivery.message, network.input);
    if (labels.length > 0) {
      const { probabilities } = await session.evaluate({ pixels, labels, count: labels.length });
      this.#metrics.add(probabilities, labels, state.identity.classes.length);
      if (!this.#champion?.ownTransform) await this.#champion?.answer(pixels, labels);
    }
    // A validation leaves no effect that could be lost.
    await releaseBatch(bus, delivery);
  }

  /** Requests the images that the champion needs prepared for itself, if it does, and has it answer them. */
  async askChampion(batchSize: number, signal: AbortSignal): Promise<void> {
    const { bus, exchange, state } = this.#parts;
    const champion = this.#champion;
    if (!champion) return;
    const batches = champion.ownBatches(this.#samples, state.ledger.epoch, batchSize);
    for await (const { delivery } of exchange.batches(batches, signal)) {
      const { pixels, labels } = await openBatch(bus, delivery.message, champion.card.input);
      await champion.answer(pixels, labels);
      await releaseBatch(bus, delivery);
    }
  }

  /** Of the network in training; undefined when no sample could be prepared. */
  metrics(): (ValidationMetrics & { sampleSetHash: string }) | undefined {
    const metrics = this.#metrics.metrics();
    return metrics && { ...metrics, sampleSetHash: this.#sampleSetHash };
  }

  /** The temperature that the answers of the network in training are best served at. */
  calibration(): Calibration | undefined {
    return this.#metrics.calibration();
  }

  /** What the network in training is compared with; undefined: there is no champion yet. */
  opponent(): Opponent | undefined {
    return this.#champion?.opponent();
  }

  async close(): Promise<void> {
    await this.#champion?.close();
  }
}
