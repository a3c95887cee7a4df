import { SulcusError } from '#libs/errors';
import type { ModelCard, Registry } from '#libs/registry';
import type { Lease, ModelSlot } from './model-slot.js';

/** A model as requests name it. */
export interface ModelAddress {
  name: string;
  /** A version, its number within the run, or an alias; empty: the one in service. */
  version: string;
}

export interface ModelDirectoryOptions {
  slot: Pick<ModelSlot, 'acquire' | 'serving'>;
  registry: Pick<Registry, 'alias'>;
  /** Alias that the slot follows. */
  alias: string;
  /** Name of the model; undefined: the run of the version in service. */
  modelName: string | undefined;
}

/** What an alias may look like: anything else is not worth asking the registry for. */
const ALIAS = /^[a-z][a-z0-9-]{0,62}$/;

/** Finds the loaded version that a request names. */
export class ModelDirectory {
  readonly #options: ModelDirectoryOptions;

  constructor(options: ModelDirectoryOptions) {
    this.#options = options;
  }

  /** Name under which a version answers. */
  nameOf(card: ModelCard): string {
    return this.#options.modelName ?? card.run;
  }

  /** Name of the model; undefined while nothing is in service and none is configured. */
  get name(): string | undefined {
    const { modelName, slot } = this.#options;
    return modelName ?? slot.serving?.card.run;
  }

  /**
   * The host that answers requests for a model and version.
   *
   * @throws NOT_FOUND for another model, or a version that is not in service; INVALID_ARGUMENT without a name; MODEL_NOT_READY,
   * CANCELLED and DEADLINE_EXCEEDED as {@link ModelSlot.acquire}
   */
  async acquire({ name, version }: ModelAddress, signal: AbortSignal): Promise<Lease> {
    if (name === '') throw new SulcusError('INVALID_ARGUMENT', 'The request names no model');
    if (this.#options.modelName !== undefined) assertName(name, this.#options.modelName);
    const lease = await this.#options.slot.acquire(signal);
    try {
      assertName(name, this.nameOf(lease.host.card));
      await this.#assertVersion(version, lease.host.card);
      return lease;
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  /** Card of the version that answers requests for a model and version. @throws as {@link acquire} */
  async find(address: ModelAddress, signal: AbortSignal): Promise<ModelCard> {
    const { host, release } = await this.acquire(address, signal);
    release();
    return host.card;
  }

  async #assertVersion(version: string, card: ModelCard): Promise<void> {
    if (version === '' || version === card.version || version === this.#options.alias || isNumberOf(version, card)) return;
    const pointed = ALIAS.test(version) ? (await this.#options.registry.alias(version))?.version : undefined;
    if (pointed === card.version) return;
    const wanted = pointed === undefined ? `There is no version or alias "${version}" here` : `Alias "${version}" points to ${pointed}, which is not loaded here`;
    throw new SulcusError('NOT_FOUND', `${wanted}: ${card.version} is in service`, { details: { version, serving: card.version } });
  }
}

function assertName(name: string, expected: string): void {
  if (name !== expected) throw new SulcusError('NOT_FOUND', `There is no model "${name}" here: the model is "${expected}"`, { details: { name, serving: expected } });
}

/** Clients that know versions as numbers only say "42" for "main-000042". */
function isNumberOf(version: string, card: ModelCard): boolean {
  return /^\d{1,15}$/.test(version) && Number(version) === Number(card.version.slice(card.version.lastIndexOf('-') + 1));
}
