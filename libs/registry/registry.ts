import { createHash } from 'node:crypto';
import { blobOwners, HeaderName, subjects, type Bus, type KeyValue } from '#libs/bus';
import { codecs, type ModelEventInput } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { currentTraceparent } from '#libs/telemetry';
import { moved, undone, type AliasMove, type AliasRecord } from './alias.js';
import { decodeFreeze, encodeFreeze, freezeKey, type Freeze } from './freeze.js';
import {
  decodeCard,
  encodeCard,
  hasWeights,
  versionName,
  versionNumber,
  type ModelCard,
  type ModelCardDraft,
} from './card.js';

const versionKey = (version: string): string => `version.${version}`;
const aliasKey = (alias: string): string => `alias.${alias}`;

/** Model versions and the aliases that point to them. Versions never change; aliases move by compare-and-set. */
export class Registry {
  readonly #bus: Bus;
  #opened: Promise<KeyValue> | undefined;

  constructor(bus: Bus) {
    this.#bus = bus;
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
    const models = await this.#models();
    for (;;) {
      // The number follows from the same look that shows the step to be new: if another publisher takes the number
      // after that look, whatever its step, creating the key fails and we look again.
      const versions = await this.#versions(draft.run);
      const other = await this.#publishedAt(draft.step, versions);
      if (other) return this.#announce(other);
      const newest = versions.at(-1);
      const version = versionName(draft.run, newest === undefined ? 1 : versionNumber(newest) + 1);
      // Checked as it will be read: a card that cannot be used must not become visible.
      const card = decodeCard(version, encodeCard({ ...complete, version }));
      try {
        await models.create(versionKey(version), encodeCard(card));
        return await this.#announce(card);
      } catch (error) {
        // ALREADY_EXISTS may also be our own write whose answer was lost: the next look tells.
        if (SulcusError.from(error).code !== 'ALREADY_EXISTS') throw error;
      }
    }
  }

  /** The card of a version; undefined when it was never published or is pruned. Throws MODEL_INVALID. */
  async get(version: string): Promise<ModelCard | undefined> {
    const entry = await (await this.#models()).get(versionKey(version));
    return entry && decodeCard(version, entry.value);
  }

  /** All cards, oldest first. */
  async list(): Promise<ModelCard[]> {
    const keys = await (await this.#models()).keys('version.');
    const cards = await Promise.all(keys.map((key) => this.get(key.slice('version.'.length))));
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

  /** Where an alias points; undefined before its first promotion. */
  async alias(alias: string): Promise<AliasRecord | undefined> {
    const entry = await (await this.#models()).get(aliasKey(alias));
    return (
      entry && { ...(JSON.parse(entry.value.toString()) as Omit<AliasRecord, 'revision'>), revision: entry.revision }
    );
  }

  /** Every alias with where it points, by name. */
  async aliases(): Promise<Map<string, AliasRecord>> {
    const names = (await (await this.#models()).keys('alias.')).map((key) => key.slice('alias.'.length)).sort();
    const records = await Promise.all(names.map((name) => this.alias(name)));
    return new Map(names.flatMap((name, index) => (records[index] ? [[name, records[index]]] : [])));
  }

  /**
   * Moves an alias onto a version and records why. Repeating it changes nothing.
   *
   * @param expectedRevision revision of the record that the decision was made on (0: the alias did not exist)
   * @throws CONFLICT when the alias moved meanwhile, NOT_FOUND when there is no such version, MODEL_INVALID when it has
   * no weights
   */
  async promote(alias: string, version: string, reason: string, expectedRevision?: number): Promise<AliasRecord> {
    const current = await this.alias(alias);
    if (current?.version === version) {
      await this.#tellMove(alias, await this.#existing(version), current);
      return current;
    }
    if (!hasWeights(await this.#existing(version))) throw withoutWeights(version);
    const revision = current?.revision ?? 0;
    if (expectedRevision !== undefined && expectedRevision !== revision) throw aliasMoved(alias, expectedRevision);
    const move: AliasMove = {
      kind: 'promoted',
      version,
      ...(current === undefined ? {} : { previousVersion: current.version }),
      reason,
      timeUnixMs: Date.now(),
    };
    return this.#move(alias, current, move);
  }

  /**
   * Moves an alias back to where it was before its last promotion that still stands: one further back each time.
   *
   * @throws NOT_FOUND when there is nothing to go back to, or the version is pruned; CONFLICT when the alias moved
   */
  async rollback(alias: string, reason: string): Promise<AliasRecord> {
    const current = await this.alias(alias);
    const move = undone(alias, current, reason);
    if ((await this.get(move.version)) === undefined) throw versionPruned(alias, move.version);
    return this.#move(alias, current, move);
  }

  /** Records that a version was compared with the champion and not promoted. */
  async decline(version: string, reason: string): Promise<void> {
    const card = await this.#existing(version);
    await this.#tell('declined', card, { kind: 'KIND_DECLINED', reason }, `declined:${version}`);
  }

  /**
   * Keeps an alias where it is: no trainer moves it until it is thawed. People can still promote and roll back.
   * Freezing again replaces the reason.
   */
  async freeze(alias: string, reason: string): Promise<Freeze> {
    const freeze = { reason, sinceUnixMs: Date.now() };
    await (await this.#models()).put(freezeKey(alias), encodeFreeze(freeze));
    await this.#tellOfAlias(alias, 'KIND_FROZEN', reason);
    return freeze;
  }

  /** Lets trainers move an alias again; false when it was not frozen. */
  async thaw(alias: string, reason: string): Promise<boolean> {
    if (!(await this.frozen(alias))) return false;
    await (await this.#models()).delete(freezeKey(alias));
    await this.#tellOfAlias(alias, 'KIND_THAWED', reason);
    return true;
  }

  /** Why an alias is frozen; undefined: it is not. */
  async frozen(alias: string): Promise<Freeze | undefined> {
    const entry = await (await this.#models()).get(freezeKey(alias));
    return entry && decodeFreeze(entry.value);
  }

  /** Where an alias points now (when it exists), then every move, over broker restarts. */
  async *watchAlias(alias: string, signal: AbortSignal): AsyncGenerator<AliasRecord> {
    const models = await this.#models();
    for await (const { key, value, revision } of models.watch(aliasKey(alias), signal)) {
      if (key === aliasKey(alias) && value)
        yield { ...(JSON.parse(value.toString()) as Omit<AliasRecord, 'revision'>), revision };
    }
  }

  /**
   * Deletes all but the newest versions of each run, and what publications that were broken off left behind: `keep`
   * with weights, and as many that kept their card alone. Versions that an alias points to, or would go back to, stay.
   *
   * @param keep at least 1, so that a version's number is never given again
   * @returns the versions deleted
   */
  async prune(keep: number): Promise<string[]> {
    if (!Number.isSafeInteger(keep) || keep < 1)
      throw new SulcusError('INVALID_ARGUMENT', `Expected to keep at least 1 version, not ${keep}`);
    const models = await this.#models();
    const all = await this.list();
    const pruned: string[] = [];
    for (const run of new Set(all.map((card) => card.run))) {
      const cards = all
        .filter((card) => card.run === run)
        .sort((a, b) => versionNumber(a.version) - versionNumber(b.version));
      const [full, cardsAlone] = [cards.filter(hasWeights), cards.filter((card) => !hasWeights(card))];
      // The newest of a run is the newest of its kind: it stays, and its number is never given again.
      const old = [...full.slice(0, -keep), ...cardsAlone.slice(0, -keep)];
      for (const card of old) {
        if ((await this.#protected()).has(card.version)) continue;
        await models.delete(versionKey(card.version));
        await this.#bus.deleteOwnedBlobs(blobOwners.model(card.run, card.step));
        pruned.push(card.version);
      }
      await this.#sweep(run, Math.max(...cards.map(({ step }) => step)));
    }
    return pruned;
  }

  /**
   * Deletes the versions of a run; those that an alias points to, or would go back to, stay.
   *
   * @returns the versions deleted, and those that stay
   */
  async deleteRun(run: string): Promise<{ deleted: string[]; kept: string[] }> {
    const models = await this.#models();
    const inUse = await this.#protected();
    const [deleted, kept]: [string[], string[]] = [[], []];
    for (const card of (await this.list()).filter((each) => each.run === run)) {
      if (inUse.has(card.version)) {
        kept.push(card.version);
        continue;
      }
      await models.delete(versionKey(card.version));
      await this.#bus.deleteOwnedBlobs(blobOwners.model(run, card.step));
      deleted.push(card.version);
    }
    return { deleted, kept };
  }

  async #store(
    owner: string,
    content: { weights: Uint8Array; optimizer?: Uint8Array },
  ): Promise<Pick<ModelCard, 'weights' | 'optimizer'>> {
    const weights = await this.#bus.putBlob(content.weights, { owner });
    if (content.optimizer === undefined) return { weights };
    return { weights, optimizer: await this.#bus.putBlob(content.optimizer, { owner }) };
  }

  /** Deletes blobs of publications that never became visible; those of the newest step may still become so. */
  async #sweep(run: string, newestStep: number): Promise<void> {
    const visible = new Set((await this.list()).filter((card) => card.run === run).map(({ step }) => step));
    for (const step of (await this.#bus.blobOwners(blobOwners.model(run))).map(Number)) {
      if (step < newestStep && !visible.has(step)) await this.#bus.deleteOwnedBlobs(blobOwners.model(run, step));
    }
  }

  async #protected(): Promise<Set<string | undefined>> {
    return new Set(
      [...(await this.aliases()).values()].flatMap(({ version, previousVersion }) => [version, previousVersion]),
    );
  }

  async #move(alias: string, current: AliasRecord | undefined, move: AliasMove): Promise<AliasRecord> {
    const card = await this.#existing(move.version);
    const record = moved(current, move);
    const models = await this.#models();
    let revision: number;
    try {
      const value = Buffer.from(JSON.stringify(record));
      revision =
        current === undefined
          ? await models.create(aliasKey(alias), value)
          : await models.update(aliasKey(alias), value, current.revision);
    } catch (error) {
      const { code } = SulcusError.from(error);
      if (code === 'CONFLICT' || code === 'ALREADY_EXISTS') throw aliasMoved(alias, current?.revision ?? 0, error);
      throw error;
    }
    await this.#tellMove(alias, card, { ...record, revision });
    return { ...record, revision };
  }

  async #tellMove(alias: string, card: ModelCard, { kind, reason, revision, history }: AliasRecord): Promise<void> {
    const event: ModelEventInput = {
      kind: kind === 'promoted' ? 'KIND_PROMOTED' : 'KIND_ROLLED_BACK',
      alias,
      previousVersion: history[0]?.version,
      reason,
    };
    await this.#tell(kind, card, event, `${alias}:${revision}`);
  }

  /** What concerns an alias and no version in particular is told of the version that it points to. */
  async #tellOfAlias(alias: string, kind: 'KIND_FROZEN' | 'KIND_THAWED', reason: string): Promise<void> {
    const version = (await this.alias(alias))?.version ?? '';
    const event = kind === 'KIND_FROZEN' ? 'frozen' : 'thawed';
    const message = { kind, alias, version, reason, timeUnixMs: Date.now() };
    await this.#bus.publish(subjects.model(event), codecs.ModelEvent, message);
  }

  async #existing(version: string): Promise<ModelCard> {
    const card = await this.get(version);
    if (card === undefined)
      throw new SulcusError('NOT_FOUND', `There is no model version ${version}`, { details: { version } });
    return card;
  }

  /** The card among some versions that was published for a step. */
  async #publishedAt(step: number, versions: readonly string[]): Promise<ModelCard | undefined> {
    const cards = await Promise.all(versions.map((version) => this.get(version)));
    return cards.findLast((card) => card?.step === step);
  }

  /** Versions of a run in order. */
  async #versions(run: string): Promise<string[]> {
    const keys = await (await this.#models()).keys(versionKey(`${run}-`));
    const versions = keys.map((key) => key.slice('version.'.length));
    // Another run's name may begin with this one's: "main" and "main-2".
    return versions.filter((version) => version === versionName(run, versionNumber(version)));
  }

  async #announce(card: ModelCard): Promise<ModelCard> {
    await this.#tell('published', card, { kind: 'KIND_PUBLISHED' }, `published:${card.version}`);
    return card;
  }

  /** Tells what happened, once: a repetition after a crash may come later than the broker remembers message ids. */
  async #tell(event: string, card: ModelCard, body: ModelEventInput, messageId: string): Promise<void> {
    const last = await this.#bus.getLast('MODELS', subjects.model(event), codecs.ModelEvent);
    if (last?.headers.get(HeaderName.MESSAGE_ID) === messageId) return;
    const { loss, accuracy } = card.metrics.validation;
    const message = {
      version: card.version,
      timeUnixMs: Date.now(),
      validationLoss: loss,
      validationAccuracy: accuracy,
      ...body,
    };
    await this.#bus.publish(subjects.model(event), codecs.ModelEvent, message, { messageId });
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

  #models(): Promise<KeyValue> {
    this.#opened ??= this.#bus.keyValue('models').catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }
}

const aliasMoved = (alias: string, revision: number, cause?: unknown): SulcusError =>
  new SulcusError('CONFLICT', `Alias ${alias} moved since revision ${revision}: look again before deciding`, {
    cause,
    details: { alias, revision },
  });

const withoutWeights = (version: string): SulcusError =>
  new SulcusError(
    'MODEL_INVALID',
    `${version} was declined and keeps its card without its weights: choose another version (sulcus versions)`,
    { details: { version } },
  );

const versionPruned = (alias: string, version: string): SulcusError =>
  new SulcusError(
    'NOT_FOUND',
    `Alias ${alias} would go back to ${version}, which is pruned: trainers keep SULCUS_KEEP_VERSIONS versions`,
    { details: { alias, version } },
  );
