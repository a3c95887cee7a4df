import type { Bus } from '#libs/bus';
import { recordDecision } from '#libs/decisions';
import { SulcusError } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import { decodeAlias, moved, undone, type AliasMove, type AliasRecord } from './alias.js';
import { hasWeights } from './card.js';
import { mayBeChampion, measuredOtherwise } from './champion-guard.js';
import { decodeFreeze, encodeFreeze, freezeKey, type Freeze } from './freeze.js';
import { tellFreeze, tellMoved } from './model-events.js';
import type { ModelsBucket } from './models-bucket.js';
import { withoutWeights, type Versions } from './versions.js';

const log = createLogger('registry');
const logged = new Set<string>();

/** Says once what is no record. @throws anything else */
function passOver(error: unknown): undefined {
  const failure = SulcusError.from(error);
  if (failure.code !== 'MESSAGE_INVALID') throw failure;
  const { alias, revision } = failure.details;
  const key = `${String(alias)}/${String(revision)}`;
  if (!logged.has(key)) log.warn({ alias, revision }, failure.rawMessage);
  logged.add(key);
}

function readable(alias: string, value: Buffer, revision: number): AliasRecord | undefined {
  try {
    return decodeAlias(alias, value, revision);
  } catch (error) {
    return passOver(error);
  }
}

const aliasKey = (alias: string): string => `alias.${alias}`;

/** Aliases that point to versions: they move by compare-and-set, and stay while they are frozen. */
export class Aliases {
  readonly #bus: Bus;
  readonly #bucket: ModelsBucket;
  readonly #versions: Versions;

  constructor(bus: Bus, bucket: ModelsBucket, versions: Versions) {
    this.#bus = bus;
    this.#bucket = bucket;
    this.#versions = versions;
  }

  /** Where an alias points; undefined before its first promotion. Throws MESSAGE_INVALID for what is no record. */
  async get(alias: string): Promise<AliasRecord | undefined> {
    const entry = await (await this.#bucket.open()).get(aliasKey(alias));
    return entry && decodeAlias(alias, entry.value, entry.revision);
  }

  /** Every alias whose record can be read with where it points, by name; the others are logged, each once. */
  async all(): Promise<Map<string, AliasRecord>> {
    const names = (await (await this.#bucket.open()).keys('alias.')).map((key) => key.slice('alias.'.length)).sort();
    const records = await Promise.all(names.map((name) => this.get(name).catch(passOver)));
    return new Map(names.flatMap((name, index) => (records[index] ? [[name, records[index]]] : [])));
  }

  /** Versions that an alias points to, or would go back to. */
  async inUse(): Promise<ReadonlySet<string | undefined>> {
    return new Set(
      [...(await this.all()).values()].flatMap(({ version, previousVersion }) => [version, previousVersion]),
    );
  }

  /**
   * Moves an alias onto a version and records why. Repeating it changes nothing.
   *
   * @param expectedRevision revision of the record that the decision was made on (0: the alias did not exist)
   * @throws INVALID_ARGUMENT for a name that no request can have, or a version that may not be champion by
   *   {@link mayBeChampion}; CONFLICT when the alias moved meanwhile, NOT_FOUND when there is no such version,
   *   MODEL_INVALID when it has no weights
   */
  async promote(alias: string, version: string, reason: string, expectedRevision?: number): Promise<AliasRecord> {
    assertAddressable(alias);
    const { current, revision } = await this.#present(alias);
    if (current?.version === version) {
      const card = await this.#versions.existing(version);
      await tellMoved(this.#bus, alias, card, current);
      await recordMove(this.#bus, alias, current, card.run);
      return current;
    }
    const wanted = await this.#versions.existing(version);
    if (!hasWeights(wanted)) throw withoutWeights(version);
    if (alias === 'champion' && !mayBeChampion(wanted))
      throw new SulcusError('INVALID_ARGUMENT', `${version} cannot become champion: ${measuredOtherwise(wanted)}`);
    if (expectedRevision !== undefined && expectedRevision !== revision) throw aliasMoved(alias, expectedRevision);
    const move: AliasMove = {
      kind: 'promoted',
      version,
      ...(current === undefined ? {} : { previousVersion: current.version }),
      reason,
      timeUnixMs: Date.now(),
    };
    return this.#move(alias, current, move, revision);
  }

  /**
   * Moves an alias back to where it was before its last promotion that still stands: one further back each time.
   *
   * @throws NOT_FOUND when there is nothing to go back to, or the version is pruned; CONFLICT when the alias moved
   */
  async rollback(alias: string, reason: string): Promise<AliasRecord> {
    const current = await this.get(alias);
    const move = undone(alias, current, reason);
    if ((await this.#versions.get(move.version)) === undefined) throw versionPruned(alias, move.version);
    return this.#move(alias, current, move, current?.revision ?? 0);
  }

  /**
   * Keeps an alias where it is: no trainer moves it until it is thawed. People can still promote and roll back.
   * Freezing again replaces the reason.
   */
  async freeze(alias: string, reason: string): Promise<Freeze> {
    const freeze = { reason, sinceUnixMs: Date.now() };
    await (await this.#bucket.open()).put(freezeKey(alias), encodeFreeze(freeze));
    await this.#tellFreeze(alias, 'KIND_FROZEN', freeze);
    return freeze;
  }

  /** Lets trainers move an alias again; false when it was not frozen. */
  async thaw(alias: string, reason: string): Promise<boolean> {
    if (!(await this.frozen(alias))) return false;
    await (await this.#bucket.open()).delete(freezeKey(alias));
    await this.#tellFreeze(alias, 'KIND_THAWED', { reason, sinceUnixMs: Date.now() });
    return true;
  }

  /** Why an alias is frozen; undefined: it is not. */
  async frozen(alias: string): Promise<Freeze | undefined> {
    const entry = await (await this.#bucket.open()).get(freezeKey(alias));
    return entry && decodeFreeze(entry.value);
  }

  /** Where an alias points now (when it exists), then every move, over broker restarts. */
  async *watch(alias: string, signal: AbortSignal): AsyncGenerator<AliasRecord> {
    const models = await this.#bucket.open();
    for await (const { key, value, revision } of models.watch(aliasKey(alias), signal)) {
      if (key !== aliasKey(alias) || !value) continue;
      const record = readable(alias, value, revision);
      if (record) yield record;
    }
  }

  /** The same as `get`; of what is no record the revision, so that it can be replaced. */
  async #present(alias: string): Promise<{ current?: AliasRecord | undefined; revision: number }> {
    try {
      const current = await this.get(alias);
      return { current, revision: current?.revision ?? 0 };
    } catch (error) {
      const { code, details } = SulcusError.from(error);
      if (code !== 'MESSAGE_INVALID') throw error;
      return { revision: details['revision'] as number };
    }
  }

  async #move(alias: string, current: AliasRecord | undefined, move: AliasMove, before: number): Promise<AliasRecord> {
    const card = await this.#versions.existing(move.version);
    const record = moved(current, move);
    const models = await this.#bucket.open();
    let revision: number;
    try {
      const value = Buffer.from(JSON.stringify(record));
      revision =
        before === 0
          ? await models.create(aliasKey(alias), value)
          : await models.update(aliasKey(alias), value, before);
    } catch (error) {
      const { code } = SulcusError.from(error);
      if (code === 'CONFLICT' || code === 'ALREADY_EXISTS') throw aliasMoved(alias, before, error);
      throw error;
    }
    await tellMoved(this.#bus, alias, card, { ...record, revision });
    await recordMove(this.#bus, alias, move, card.run);
    return { ...record, revision };
  }

  async #tellFreeze(
    alias: string,
    kind: 'KIND_FROZEN' | 'KIND_THAWED',
    { reason, sinceUnixMs: timeUnixMs }: Freeze,
  ): Promise<void> {
    const version = (await this.#present(alias)).current?.version ?? '';
    await tellFreeze(this.#bus, alias, version, { kind, reason });
    const decision = { kind, alias, version, reason, timeUnixMs };
    await recordDecision(this.#bus, decision, { scope: alias, key: String(timeUnixMs) });
  }
}

/** Puts a move on record. Doing it again changes nothing. @param run of the version that the alias points to now */
export async function recordMove(
  bus: Bus,
  alias: string,
  { kind, version, previousVersion, reason, timeUnixMs }: AliasMove,
  run: string,
): Promise<void> {
  await recordDecision(
    bus,
    {
      kind: kind === 'promoted' ? 'KIND_PROMOTED' : 'KIND_ROLLED_BACK',
      alias,
      version,
      ...(previousVersion !== undefined && { previousVersion }),
      run,
      reason,
      timeUnixMs,
    },
    { scope: alias, key: `${timeUnixMs}-${version}` },
  );
}

/** What requests can name: other names would move an alias that nobody reaches. */
const ALIAS = /^[a-z][a-z0-9-]{0,62}$/;

function assertAddressable(alias: string): void {
  if (!ALIAS.test(alias))
    throw new SulcusError(
      'INVALID_ARGUMENT',
      `An alias has 1 to 63 small letters, digits and hyphens and begins with a letter: "${alias}" is none`,
    );
}

const aliasMoved = (alias: string, revision: number, cause?: unknown): SulcusError =>
  new SulcusError('CONFLICT', `Alias ${alias} moved since revision ${revision}: look again before deciding`, {
    cause,
    details: { alias, revision },
  });

const versionPruned = (alias: string, version: string): SulcusError =>
  new SulcusError(
    'NOT_FOUND',
    `Alias ${alias} would go back to ${version}, which is pruned: trainers keep SULCUS_KEEP_VERSIONS versions`,
    { details: { alias, version } },
  );
