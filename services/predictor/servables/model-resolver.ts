import { SulcusError } from '#libs/errors';
import { versionName, type ModelCard, type Registry } from '#libs/registry';
import type { AliasManager } from './alias-manager.js';
import type { ServableHandle } from './servable.js';
import type { VersionCache } from './version-cache.js';

/** A model as requests name it. */
export interface ModelAddress {
  name: string;
  /** A version, its number within the run, or an alias; empty: the one in service. */
  version: string;
}

export interface ModelResolverOptions {
  live: Pick<AliasManager, 'acquire' | 'serving'>;
  registry: Pick<Registry, 'alias' | 'get'>;
  /** Versions beside the one in service. */
  versions: Pick<VersionCache, 'acquire' | 'stateOf' | 'maxVersions'>;
  /** Alias whose version is in service. */
  alias: string;
  /** Name of the model; undefined: the run of the version in service. */
  modelName: string | undefined;
}

/** What an alias may look like: anything else is not worth asking the registry for. */
const ALIAS = /^[a-z][a-z0-9-]{0,62}$/;
/** What a version may look like: a run's name and a number. */
const VERSION = /^[A-Za-z0-9_-]{1,100}-\d{6,15}$/;
/** Clients that know versions as numbers only say "42" for "main-000042". */
const NUMBER = /^\d{1,15}$/;

/** Finds the version that a request names: the one in service, or another, which is then loaded beside it. */
export class ModelResolver {
  readonly #options: ModelResolverOptions;

  constructor(options: ModelResolverOptions) {
    this.#options = options;
  }

  /** Name under which a version answers. */
  nameOf(card: ModelCard): string {
    return this.#options.modelName ?? card.run;
  }

  /** Name of the model; undefined while nothing is in service and none is configured. */
  get name(): string | undefined {
    const { modelName, live } = this.#options;
    return modelName ?? live.serving?.card.run;
  }

  /**
   * The version that answers requests for a model and version.
   *
   * @throws NOT_FOUND for another model, or a version that there is not or that is not loaded for requests;
   * INVALID_ARGUMENT without a name; MODEL_NOT_READY, CANCELLED and DEADLINE_EXCEEDED as {@link AliasManager.acquire};
   * as {@link VersionCache.acquire}
   */
  async acquire(address: ModelAddress, signal: AbortSignal): Promise<ServableHandle> {
    const handle = await this.#inService(address, signal);
    if (handle) return handle;
    return await this.#options.versions.acquire(await this.#other(address), signal);
  }

  /** Card of the version that answers requests for a model and version; loads nothing. @throws as {@link acquire} */
  async find(address: ModelAddress, signal: AbortSignal): Promise<ModelCard> {
    const handle = await this.#inService(address, signal);
    if (!handle) return await this.#other(address);
    handle.release();
    return handle.servable.card;
  }

  /** Whether requests for a model and version are answered without a load. @throws as {@link find} */
  async isReady(address: ModelAddress, signal: AbortSignal): Promise<boolean> {
    const { version } = await this.find(address, signal);
    return version === this.#options.live.serving?.card.version || this.#options.versions.stateOf(version) === 'READY';
  }

  /** The version in service, when that is what a request names. */
  async #inService({ name, version }: ModelAddress, signal: AbortSignal): Promise<ServableHandle | undefined> {
    if (name === '') throw new SulcusError('INVALID_ARGUMENT', 'The request names no model');
    if (this.#options.modelName !== undefined) assertName(name, this.#options.modelName);
    const isDefault = version === '' || version === this.#options.alias;
    // Another version can be had while none is in service.
    if (!isDefault && !this.#options.live.serving) return undefined;
    const handle = await this.#options.live.acquire(signal);
    try {
      const { card } = handle.servable;
      if (isDefault) assertName(name, this.nameOf(card));
      if (
        isDefault ||
        version === card.version ||
        isNumberOf(version, card) ||
        (await this.#versionOfAlias(version)) === card.version
      )
        return handle;
    } catch (error) {
      handle.release();
      throw error;
    }
    handle.release();
    return undefined;
  }

  /** Card of a version that is not in service. */
  async #other({ name, version }: ModelAddress): Promise<ModelCard> {
    const { registry, live, versions } = this.#options;
    const serving = live.serving?.card;
    const pointedTo = await this.#versionOfAlias(version);
    const wanted = pointedTo ?? (NUMBER.test(version) ? versionName(serving?.run ?? name, Number(version)) : version);
    const card = VERSION.test(wanted) ? await registry.get(wanted) : undefined;
    const inService = serving ? `${serving.version} is in service` : 'none is in service';
    const details = { version, serving: serving?.version ?? '' };
    if (!card)
      throw new SulcusError('NOT_FOUND', `There is no version or alias "${version}" here: ${inService}`, { details });
    assertName(name, this.nameOf(card));
    if (versions.maxVersions > 0) return card;
    const which =
      pointedTo === undefined ? `Version ${card.version}` : `Alias "${version}" points to ${card.version}, which`;
    throw new SulcusError(
      'NOT_FOUND',
      `${which} is not loaded here: ${inService}, and SULCUS_MAX_LOADED_VERSIONS allows no other`,
      { details },
    );
  }

  async #versionOfAlias(version: string): Promise<string | undefined> {
    return ALIAS.test(version) ? (await this.#options.registry.alias(version))?.version : undefined;
  }
}

function assertName(name: string, expected: string): void {
  if (name !== expected)
    throw new SulcusError('NOT_FOUND', `There is no model "${name}" here: the model is "${expected}"`, {
      details: { name, serving: expected },
    });
}

function isNumberOf(version: string, card: ModelCard): boolean {
  return NUMBER.test(version) && Number(version) === Number(card.version.slice(card.version.lastIndexOf('-') + 1));
}
