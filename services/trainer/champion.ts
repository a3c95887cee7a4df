import type { Engine } from '#libs/engine';
import { decodeSafetensors, InferenceSession, type Head, type NetworkConfig } from '#libs/nn';
import type { ModelCard, Registry } from '#libs/registry';
import { ValidationTally } from './validation.js';
import type { OfferedAlias, ValidationMetrics } from './promotion.js';

/**
 * The champion as a candidate's opponent: its known metrics when they were measured on the same validation samples,
 * else its own answers to the batches the candidate is judged by.
 */
export class Champion {
  readonly card: ModelCard;
  readonly #session: InferenceSession | undefined;
  readonly #tally = new ValidationTally();

  private constructor(card: ModelCard, session: InferenceSession | undefined) {
    this.card = card;
    this.#session = session;
  }

  /**
   * The version to be better than, ready to be measured on the sample set: what the alias points to, else the champion;
   * undefined when there is none.
   */
  static async load(
    registry: Registry,
    engine: Engine,
    network: NetworkConfig,
    sampleSetHash: string,
    alias: OfferedAlias = 'champion',
  ): Promise<Champion | undefined> {
    const record = (await registry.alias(alias)) ?? (await registry.alias('champion'));
    const card = record && (await registry.get(record.version));
    if (!card) return undefined;
    if (card.metrics.validation.sampleSetHash === sampleSetHash) return new Champion(card, undefined);
    const weights = decodeSafetensors(await registry.loadWeights(card)).state;
    return new Champion(
      card,
      await InferenceSession.create(
        engine,
        {
          ...network,
          architecture: card.architecture,
          head: card.head as Head | undefined,
          classes: card.classes.length,
        },
        weights,
      ),
    );
  }

  /** Answers a validation batch, when its metrics are not known already. */
  async answer(pixels: Uint8Array, labels: Int32Array): Promise<void> {
    if (!this.#session || labels.length === 0) return;
    this.#tally.add(await this.#session.predict(pixels, labels.length), labels, this.card.classes.length);
  }

  metrics(): (ValidationMetrics & { version: string }) | undefined {
    const metrics = this.#session ? this.#tally.metrics() : this.card.metrics.validation;
    return metrics && { ...metrics, version: this.card.version };
  }

  async close(): Promise<void> {
    await this.#session?.close();
  }
}
