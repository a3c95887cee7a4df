import { createHash } from 'node:crypto';
import { blobOwners, type Bus } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import { createLogger, currentTraceparent } from '#libs/telemetry';
import {
  decodeCard,
  encodeCard,
  hasWeights,
  versionName,
  versionNumber,
  type ModelCard,
  type ModelCardDraft,
} from './card.js';
import { tellPublished } from './model-events.js';
import type { ModelsBucket } from './models-bucket.js';
import type { SigningKey, TrustedKeys } from './signature.js';

/** Whose versions are believed. */
export interface Signing {
  /** What is published is signed by it. */
  signingKey?: SigningKey | undefined;
  /** What is read must be signed by one of them; undefined: all is believed that the broker holds. */
  trustedKeys?: TrustedKeys | undefined;
}

/** A withdrawal that concerns a version. */
export interface WithdrawalMark {
  reason: string;
  timeUnixMs: number;
  /** Samples that the version had learned from. */
  samples: number;
}

const markKey = (version: string): string => `mark.${version}`;

/** Of marks that cannot be read it is known that there was one. */
function marksIn(value: Buffer): WithdrawalMark[] {
  try {
    const read: unknown = JSON.parse(value.toString());
    if (Array.isArray(read)) return read as WithdrawalMark[];
  } catch {
    // told below
  }
  return [{ reason: 'the mark cannot be read', timeUnixMs: 0, samples: 0 }];
}

/** Is told of a version whose card cannot be read, and why. */
export type OnBadCard = (version: string, error: SulcusError) => void;

const log = createLogger('registry');
const logged = new Set<string>();

function logOnce(version: string, error: SulcusError): void {
  if (logged.has(version)) return;
  logged.add(version);
  log.warn({ version }, `a model card is passed over: ${error.rawMessage}`);
}

const versionKey = (version: string): string => `version.${version}`;

/** Model versions: cards in the bucket, weights and optimizer states in the blob store. They never change. */
export class Versions {
  readonly #bus: Bus;
  readonly #bucket: ModelsBucket;
  readonly #signing: Signing;

  constructor(bus: Bus, bucket: ModelsBucket, signing: Signing = {}) {
    this.#bus = bus;
    this.#bucket = bucket;
    this.#signing = signing;
  }

  /**
   * Publishes a version: content first, then the card, which makes it visible. The same run and step is one version:
   * publishing it again returns the card that is there, and a publication that was broken off is completed.
   *
   * @param keepsWeights false: the card is kept, with the hash of the weights, and the content is not stored
   * @throws BACKPRESSURE when the blob store is full, BUS_UNAVAILABLE
   */
  async publish(
    draft: ModelCardDraft,
    content: { weights: Uint8Array; optimizer?: Uint8Array },
    { keepsWeights = true }: { keepsWeights?: boolean } = {},
  ): Promise<ModelCard> {
    const existing = await this.#publishedAt(draft.step, await this.#versions(draft.run));
    if (existing) return this.#announce(existing);
    const stored = keepsWeights ? await this.#store(blobOwners.model(draft.run, draft.step), content) : {};
    const complete = {
      traceparent: currentTraceparent(),
      ...draft,
      ...stored,
      weightsHash: createHash('sha256').update(content.weights).digest('hex'),
      createdUnixMs: Date.now(),
    };
    const models = await this.#bucket.open();
    for (;;) {
      // The number follows from the same look that shows the step to be new: if another publisher takes the number
      // after that look, whatever its step, creating the key fails and we look again.
      const versions = await this.#versions(draft.run);
      const other = await this.#publishedAt(draft.step, versions);
      if (other) return this.#announce(other);
      // The run may remember a version whose card a damaged disk has taken: its number is not given again either.
      const known = [...versions, draft.parent ?? ''].filter(
        (name) => name === versionName(draft.run, versionNumber(name)),
      );
      const version = versionName(draft.run, Math.max(0, ...known.map(versionNumber)) + 1);
      // Checked as it will be read: a card that cannot be used must not become visible.
      const card = this.#signed(decodeCard(version, encodeCard({ ...complete, version })));
      try {
        await models.create(versionKey(version), encodeCard(card));
        return await this.#announce(card);
      } catch (error) {
        // ALREADY_EXISTS may also be our own write whose answer was lost: the next look tells.
        if (SulcusError.from(error).code !== 'ALREADY_EXISTS') throw error;
      }
    }
  }

  /**
   * The card of a version; undefined when it was never published or is pruned.
   *
   * @throws MODEL_INVALID for one that cannot be read, or that nobody who is trusted has signed
   */
  async get(version: string): Promise<ModelCard | undefined> {
    const entry = await (await this.#bucket.open()).get(versionKey(version));
    if (!entry) return undefined;
    this.#signing.trustedKeys?.verify(version, entry.value);
    return decodeCard(version, entry.value);
  }

  /** The card of a version. Throws NOT_FOUND when there is none. */
  async existing(version: string): Promise<ModelCard> {
    const card = await this.get(version);
    if (card === undefined)
      throw new SulcusError('NOT_FOUND', `There is no model version ${version}`, { details: { version } });
    return card;
  }

  /**
   * All cards that can be read, oldest first.
   *
   * @param onBad told of versions whose cards cannot. Default: they are logged, each once
   */
  async list(onBad: OnBadCard = logOnce): Promise<ModelCard[]> {
    const keys = await (await this.#bucket.open()).keys('version.');
    const cards = await Promise.all(
      keys.map(async (key) => {
        const version = key.slice('version.'.length);
        try {
          return await this.get(version);
        } catch (error) {
          const failure = SulcusError.from(error);
          if (failure.code !== 'MODEL_INVALID') throw failure;
          onBad(version, failure);
          return undefined;
        }
      }),
    );
    return cards.filter((card) => card !== undefined).sort((a, b) => a.createdUnixMs - b.createdUnixMs);
  }

  /** The weights file, checked. Throws MODEL_INVALID when it was not kept, is damaged or missing. */
  async loadWeights(card: ModelCard): Promise<Buffer> {
    if (!hasWeights(card)) throw withoutWeights(card.version);
    if (card.weightsHash !== card.weights.sha256)
      throw new SulcusError('MODEL_INVALID', `The card of ${card.version} names two different weights`, {
        details: { version: card.version },
      });
    return this.#load(card, card.weights, 'weights');
  }

  /** The optimizer's state, checked; undefined when the version has none. */
  async loadOptimizer(card: ModelCard): Promise<Buffer | undefined> {
    return card.optimizer && this.#load(card, card.optimizer, 'optimizer state');
  }

  /** Says of a version that it had learned from samples that are withdrawn, beside what was said before. */
  async mark(version: string, mark: WithdrawalMark): Promise<void> {
    const bucket = await this.#bucket.open();
    const marks = await this.marks(version);
    await bucket.put(markKey(version), Buffer.from(JSON.stringify([...marks, mark])));
  }

  /** What was withdrawn that a version had learned from, oldest first. */
  async marks(version: string): Promise<WithdrawalMark[]> {
    const entry = await (await this.#bucket.open()).get(markKey(version));
    return entry ? marksIn(entry.value) : [];
  }

  /** Deletes a version with its content. */
  async delete({ version, run, step }: ModelCard): Promise<void> {
    await (await this.#bucket.open()).delete(versionKey(version));
    await (await this.#bucket.open()).delete(markKey(version));
    await this.#bus.deleteOwnedBlobs(blobOwners.model(run, step));
  }

  async #store(
    owner: string,
    content: { weights: Uint8Array; optimizer?: Uint8Array },
  ): Promise<Pick<ModelCard, 'weights' | 'optimizer'>> {
    const weights = await this.#bus.putBlob(content.weights, { owner });
    if (content.optimizer === undefined) return { weights };
    return { weights, optimizer: await this.#bus.putBlob(content.optimizer, { owner }) };
  }

  /** The card among some versions that was published for a step. */
  async #publishedAt(step: number, versions: readonly string[]): Promise<ModelCard | undefined> {
    const cards = await Promise.all(versions.map((version) => this.get(version)));
    return cards.findLast((card) => card?.step === step);
  }

  /** Versions of a run in order. */
  async #versions(run: string): Promise<string[]> {
    const keys = await (await this.#bucket.open()).keys(versionKey(`${run}-`));
    const versions = keys.map((key) => key.slice('version.'.length));
    // Another run's name may begin with this one's: "main" and "main-2".
    return versions.filter((version) => version === versionName(run, versionNumber(version)));
  }

  #signed(card: ModelCard): ModelCard {
    const { signingKey } = this.#signing;
    return signingKey ? { ...card, signature: signingKey.sign(card) } : card;
  }

  async #announce(card: ModelCard): Promise<ModelCard> {
    await tellPublished(this.#bus, card);
    return card;
  }

  async #load(card: ModelCard, ref: NonNullable<ModelCard['weights']>, what: string): Promise<Buffer> {
    try {
      return await this.#bus.getBlob(ref, { owner: blobOwners.model(card.run, card.step) });
    } catch (error) {
      const { code, rawMessage } = SulcusError.from(error);
      if (code !== 'NOT_FOUND' && code !== 'HASH_MISMATCH') throw error;
      throw new SulcusError('MODEL_INVALID', `The ${what} of ${card.version} cannot be used: ${rawMessage}`, {
        cause: error,
        details: { version: card.version },
      });
    }
  }
}

/** A version that was declined cannot be used. */
export const withoutWeights = (version: string): SulcusError =>
  new SulcusError(
    'MODEL_INVALID',
    `${version} was declined and keeps its card without its weights: choose another version (sulcus versions)`,
    { details: { version } },
  );
