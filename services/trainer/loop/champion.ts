import type { Engine } from '#libs/engine';
import { SulcusError } from '#libs/errors';
import { canonicalTransformJson, transformHash, validateTransform } from '#libs/imaging';
import { decodeSafetensors, InferenceSession, resolvePrecision, type Head, type NetworkConfig } from '#libs/nn';
import type { ModelCard, Registry } from '#libs/registry';
import type { BatchContent, BatchTransform } from '../data/batch-exchange.js';
import type { IndexedSample } from '../data/sample-index.js';
import type { OfferedAlias, Opponent } from '../publishing/promotion.js';
import { MetricAccumulator } from './metric-accumulator.js';
import { validationBatches } from './validation-interval.js';

const PRECISIONS = ['auto', 'float32', 'bfloat16'] as const;

/** What a candidate is, as far as a champion may differ in it. */
export interface CandidateTerms {
  classes: readonly string[];
  transformHash: string;
}

/**
 * The version that a candidate must be better than: its known metrics when they were measured on the same samples, else
 * its answers to them. It is asked as its own card says: images are prepared by its own transform; normalisation and
 * size are its own. Only versions of the same classes can be compared.
 */
export class Champion {
  readonly card: ModelCard;
  /** How its images are prepared, where that is not how the candidate's are. */
  readonly ownTransform: BatchTransform | undefined;
  readonly #session: InferenceSession | undefined;
  readonly #metrics = new MetricAccumulator();
  readonly #incomparable: string | undefined;

  private constructor(
    card: ModelCard,
    means: { session?: InferenceSession; ownTransform?: BatchTransform; incomparable?: string },
  ) {
    this.card = card;
    this.ownTransform = means.ownTransform;
    this.#session = means.session;
    this.#incomparable = means.incomparable;
  }

  /**
   * The version to be better than, ready to be measured on the sample set: what the alias points to, else the champion;
   * undefined when there is none.
   */
  static async load(
    registry: Registry,
    engine: Engine,
    candidate: CandidateTerms,
    sampleSetHash: string,
    alias: OfferedAlias = 'champion',
  ): Promise<Champion | undefined> {
    const record = (await registry.alias(alias)) ?? (await registry.alias('champion'));
    const card = record && (await registry.get(record.version));
    if (!card) return undefined;
    if (!sameList(card.classes, candidate.classes)) {
      const [its, ours] = [card.classes, candidate.classes].map((classes) => classes.join(', '));
      return new Champion(card, { incomparable: `its classes are ${its}, those of this run ${ours}` });
    }
    if (card.metrics.validation.sampleSetHash === sampleSetHash) return new Champion(card, {});
    try {
      const ownTransform = card.transformHash === candidate.transformHash ? undefined : transformOf(card);
      const weights = decodeSafetensors(await registry.loadWeights(card)).state;
      const session = await InferenceSession.create(engine, networkOf(card, engine), weights);
      return new Champion(card, { session, ...(ownTransform && { ownTransform }) });
    } catch (error) {
      const { retryable, rawMessage } = SulcusError.from(error);
      if (retryable) throw error;
      return new Champion(card, { incomparable: `it cannot be loaded: ${rawMessage}` });
    }
  }

  /** The images it wants prepared for itself; none when it can answer the candidate's, or need not answer. */
  *ownBatches(samples: readonly IndexedSample[], epoch: number, batchSize: number): Generator<BatchContent, void> {
    if (!this.ownTransform) return;
    for (const batch of validationBatches(samples, epoch, batchSize)) yield { ...batch, transform: this.ownTransform };
  }

  /** Answers a validation batch that was prepared for it, when its metrics are not known already. */
  async answer(pixels: Uint8Array, labels: Int32Array): Promise<void> {
    if (!this.#session || labels.length === 0) return;
    this.#metrics.add(await this.#session.predict(pixels, labels.length), labels, this.card.classes.length);
  }

  /** What the candidate is compared with. */
  opponent(): Opponent {
    const { version } = this.card;
    if (this.#incomparable !== undefined) return { version, incomparable: this.#incomparable };
    const metrics = this.#session ? this.#metrics.metrics() : this.card.metrics.validation;
    if (!metrics) return { version, incomparable: 'no validation image could be prepared for it' };
    return Number.isFinite(metrics.loss)
      ? { version, metrics }
      : { version, incomparable: 'its answers to the validation images are not finite numbers' };
  }

  async close(): Promise<void> {
    await this.#session?.close();
  }
}

const sameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, index) => name === b[index]);

/** @throws MODEL_INVALID when the card's hash is not that of its transform; INVALID_ARGUMENT when it is no transform */
function transformOf(card: ModelCard): BatchTransform {
  const spec = validateTransform(card.transform);
  if (transformHash(spec) !== card.transformHash)
    throw new SulcusError(
      'MODEL_INVALID',
      `The transform in the card of ${card.version} is not the one it was trained with`,
    );
  return { json: canonicalTransformJson(spec), hash: card.transformHash };
}

function networkOf({ architecture, classes, input, head, recipe }: ModelCard, engine: Engine): NetworkConfig {
  const { height, width, channels, normalize } = input;
  return {
    architecture,
    classes: classes.length,
    input: { height, width, channels: channels === 1 ? 1 : 3 },
    normalize,
    precision: resolvePrecision(
      PRECISIONS.find((name) => name === recipe['precision']) ?? 'auto',
      engine.info,
      architecture,
    ),
    head: head as Head | undefined,
  };
}
