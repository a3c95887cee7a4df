import { abortable } from '#libs/async';
import { SulcusError } from '#libs/errors';
import type { ModelCard } from '#libs/registry';
import type { Logger } from '#libs/telemetry';
import { LoadFailures } from './load-failures.js';
import type { Servable, ServableHandle } from './servable.js';

export interface VersionCacheOptions {
  load(card: ModelCard, signal: AbortSignal): Promise<Servable>;
  /** Versions held at a time, beside the one in service; 0: none is loaded for a request. */
  maxVersions: number;
  /** A version that nobody asked for this long is unloaded. */
  idleMs: number;
  log: Logger;
}

interface Entry {
  readonly servable: Promise<Servable>;
  loaded: boolean;
  users: number;
  idle: NodeJS.Timeout | undefined;
}

/**
 * Versions that requests name beside the one in service. One is loaded when it is first asked for, less urgently than
 * what is in service answers, and unloaded when it is idle or another needs its place, longest unused first. A version
 * that cannot serve is rejected without another attempt until its pause is over.
 */
export class VersionCache {
  readonly #options: VersionCacheOptions;
  /** The one used last is last. */
  readonly #entries = new Map<string, Entry>();
  readonly #failures = new LoadFailures();
  readonly #unloading = new Set<Promise<void>>();
  readonly #closed = new AbortController();

  constructor(options: VersionCacheOptions) {
    this.#options = options;
  }

  get maxVersions(): number {
    return this.#options.maxVersions;
  }

  /** Undefined: not loaded. */
  stateOf(version: string): 'READY' | 'LOADING' | undefined {
    const entry = this.#entries.get(version);
    return entry && (entry.loaded ? 'READY' : 'LOADING');
  }

  /** Why a version could not be loaded, when it could not. */
  loadFailureOf(version: string): SulcusError | undefined {
    return this.#failures.of(version);
  }

  /**
   * The version, loaded if it is not.
   *
   * @throws MODEL_INVALID for one that must not serve; MODEL_NOT_READY when it is unloaded meanwhile; BACKPRESSURE when
   *   all places are in use; CANCELLED or DEADLINE_EXCEEDED by `signal`, which leaves the load going on;
   *   SERVICE_UNAVAILABLE when stopping; errors of the engine and the bus
   */
  async acquire(card: ModelCard, signal: AbortSignal): Promise<ServableHandle> {
    const entry = this.#entries.get(card.version) ?? this.#begin(card);
    this.#entries.delete(card.version);
    this.#entries.set(card.version, entry);
    clearTimeout(entry.idle);
    entry.users++;
    const releaseEntry = (): void => {
      // One that was unloaded meanwhile may have been loaded anew: that one is not ours.
      if (--entry.users === 0 && this.#entries.get(card.version) === entry)
        entry.idle = setTimeout(() => void this.unload(card.version), this.#options.idleMs).unref();
    };
    try {
      const loaded = await abortable(entry.servable, signal);
      if (this.#entries.get(card.version) !== entry)
        throw new SulcusError('MODEL_NOT_READY', `${card.version} was unloaded while it was loaded: ask again`);
      const { servable, release } = loaded.acquire();
      return { servable, release: () => [release, releaseEntry].forEach((step) => step()) };
    } catch (error) {
      releaseEntry();
      throw error;
    }
  }

  /** Takes a version out when its requests are answered. Does nothing for one that is not loaded. */
  async unload(version: string): Promise<void> {
    const entry = this.#entries.get(version);
    if (!entry) return;
    this.#entries.delete(version);
    clearTimeout(entry.idle);
    const unloaded = entry.servable.then(
      (servable) =>
        servable
          .retire()
          .catch((error: unknown) => this.#options.log.warn({ err: error, version }, 'A version did not end cleanly')),
      () => undefined,
    );
    this.#unloading.add(unloaded);
    await unloaded;
    this.#unloading.delete(unloaded);
  }

  /** Unloads everything, and gives up what is being loaded. */
  async close(): Promise<void> {
    this.#closed.abort(new SulcusError('SERVICE_UNAVAILABLE', 'The predictor is stopping: ask another one'));
    for (const version of [...this.#entries.keys()]) void this.unload(version);
    await Promise.all(this.#unloading);
  }

  #begin(card: ModelCard): Entry {
    const { version } = card;
    if (this.#closed.signal.aborted) throw SulcusError.from(this.#closed.signal.reason);
    const failure = this.#failures.of(version);
    if (failure && !this.#failures.mayLoad(version, undefined, performance.now())) throw failure;
    this.#makeRoom(version);
    const entry: Entry = {
      servable: this.#options.load(card, this.#closed.signal),
      loaded: false,
      users: 0,
      idle: undefined,
    };
    const drop = (): void => {
      if (this.#entries.get(version) === entry) void this.unload(version);
    };
    entry.servable.then(
      (servable) => {
        entry.loaded = true;
        this.#failures.clear(version);
        servable.onFailure = drop;
      },
      (error: unknown) => {
        this.#failures.add(version, 0, SulcusError.from(error));
        drop();
      },
    );
    return entry;
  }

  #makeRoom(version: string): void {
    const { maxVersions } = this.#options;
    if (this.#entries.size < maxVersions) return;
    const unused = [...this.#entries].find(([, { users, loaded }]) => users === 0 && loaded);
    if (!unused)
      throw new SulcusError(
        'BACKPRESSURE',
        `${version} has no place: ${maxVersions} versions beside the one in service are in use`,
        { details: { reason: 'versions', maxVersions } },
      );
    void this.unload(unused[0]);
  }
}
