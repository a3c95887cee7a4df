import type { Bus } from '#libs/bus';
import { recordDecision } from '#libs/decisions';
import type { AliasRecord } from './alias.js';
import { Aliases } from './aliases.js';
import type { ModelCard, ModelCardDraft } from './card.js';
import type { Freeze } from './freeze.js';
import { tellDeclined, tellPublishedAgain } from './model-events.js';
import { ModelsBucket } from './models-bucket.js';
import { deleteRun, prune } from './pruning.js';
import { Versions, type OnBadCard, type Signing, type WithdrawalMark } from './versions.js';

/** Model versions and the aliases that point to them. Versions never change; aliases move by compare-and-set. */
export class Registry {
  readonly #bus: Bus;
  readonly #versions: Versions;
  readonly #aliases: Aliases;

  /** @param signing keys that sign what is published and that what is read must be signed by; default: none */
  constructor(bus: Bus, signing?: Signing) {
    const bucket = new ModelsBucket(bus);
    this.#bus = bus;
    this.#versions = new Versions(bus, bucket, signing);
    this.#aliases = new Aliases(bus, bucket, this.#versions);
  }

  /**
   * Publishes a version: content first, then the card, which makes it visible. The same run and step is one version:
   * publishing it again returns the card that is there, and a publication that was broken off is completed.
   *
   * @param keepsWeights false: the card is kept, with the hash of the weights, and the content is not stored
   * @throws BACKPRESSURE when the blob store is full, BUS_UNAVAILABLE
   */
  publish(
    draft: ModelCardDraft,
    content: { weights: Uint8Array; optimizer?: Uint8Array },
    options?: { keepsWeights?: boolean },
  ): Promise<ModelCard> {
    return this.#versions.publish(draft, content, options);
  }

  /** Tells followers of a version that was published, as where a damaged disk has taken what told them. */
  async announce(card: ModelCard): Promise<void> {
    await tellPublishedAgain(this.#bus, card);
  }

  /** The card of a version; undefined when it was never published or is pruned. Throws MODEL_INVALID. */
  get(version: string): Promise<ModelCard | undefined> {
    return this.#versions.get(version);
  }

  /** All cards that can be read, oldest first. @param onBad told of the others; default: they are logged */
  list(onBad?: OnBadCard): Promise<ModelCard[]> {
    return this.#versions.list(onBad);
  }

  /** Says of a version that it had learned from samples that are withdrawn. Its card stays as it is. */
  mark(version: string, mark: WithdrawalMark): Promise<void> {
    return this.#versions.mark(version, mark);
  }

  /** What was withdrawn that a version had learned from, oldest first. */
  marks(version: string): Promise<WithdrawalMark[]> {
    return this.#versions.marks(version);
  }

  /** The weights file, checked. Throws MODEL_INVALID when it was not kept, is damaged or missing. */
  loadWeights(card: ModelCard): Promise<Buffer> {
    return this.#versions.loadWeights(card);
  }

  /** The optimizer's state, checked; undefined when the version has none. */
  loadOptimizer(card: ModelCard): Promise<Buffer | undefined> {
    return this.#versions.loadOptimizer(card);
  }

  /** Where an alias points; undefined before its first promotion. */
  alias(alias: string): Promise<AliasRecord | undefined> {
    return this.#aliases.get(alias);
  }

  /** Every alias with where it points, by name. */
  aliases(): Promise<Map<string, AliasRecord>> {
    return this.#aliases.all();
  }

  /**
   * Moves an alias onto a version and records why. Repeating it changes nothing.
   *
   * @param expectedRevision revision of the record that the decision was made on (0: the alias did not exist)
   * @throws CONFLICT when the alias moved meanwhile, NOT_FOUND when there is no such version, MODEL_INVALID when it has
   * no weights
   */
  promote(alias: string, version: string, reason: string, expectedRevision?: number): Promise<AliasRecord> {
    return this.#aliases.promote(alias, version, reason, expectedRevision);
  }

  /**
   * Moves an alias back to where it was before its last promotion that still stands: one further back each time.
   *
   * @throws NOT_FOUND when there is nothing to go back to, or the version is pruned; CONFLICT when the alias moved
   */
  rollback(alias: string, reason: string): Promise<AliasRecord> {
    return this.#aliases.rollback(alias, reason);
  }

  /** Records that a version was compared with the champion and not promoted. */
  async decline(version: string, reason: string): Promise<void> {
    const card = await this.#versions.existing(version);
    await tellDeclined(this.#bus, card, reason);
    const decision = { kind: 'KIND_DECLINED', version, run: card.run, reason } as const;
    await recordDecision(this.#bus, decision, { scope: card.run, key: version });
  }

  /**
   * Keeps an alias where it is: no trainer moves it until it is thawed. People can still promote and roll back.
   * Freezing again replaces the reason.
   */
  freeze(alias: string, reason: string): Promise<Freeze> {
    return this.#aliases.freeze(alias, reason);
  }

  /** Lets trainers move an alias again; false when it was not frozen. */
  thaw(alias: string, reason: string): Promise<boolean> {
    return this.#aliases.thaw(alias, reason);
  }

  /** Why an alias is frozen; undefined: it is not. */
  frozen(alias: string): Promise<Freeze | undefined> {
    return this.#aliases.frozen(alias);
  }

  /** Where an alias points now (when it exists), then every move, over broker restarts. */
  watchAlias(alias: string, signal: AbortSignal): AsyncGenerator<AliasRecord> {
    return this.#aliases.watch(alias, signal);
  }

  /**
   * Deletes all but the newest versions of each run, and what publications that were broken off left behind: `keep`
   * with weights, and as many that kept their card alone. Versions that an alias points to, or would go back to, stay.
   *
   * @param keep at least 1, so that a version's number is never given again
   * @returns the versions deleted
   */
  prune(keep: number): Promise<string[]> {
    return prune({ bus: this.#bus, versions: this.#versions, aliases: this.#aliases }, keep);
  }

  /**
   * Deletes the versions of a run; those that an alias points to, or would go back to, stay.
   *
   * @returns the versions deleted, and those that stay
   */
  deleteRun(run: string): Promise<{ deleted: string[]; kept: string[] }> {
    return deleteRun({ versions: this.#versions, aliases: this.#aliases }, run);
  }
}
