import { Notifier } from '#libs/async';
import { SulcusError } from '#libs/errors';
import type { AliasRecord, ModelCard, Registry } from '#libs/registry';
import { attr, withSpan, type Logger } from '#libs/telemetry';
import { followAlias } from './alias-follower.js';
import { isRetryable, LoadFailures } from './load-failures.js';
import { isTakenBack, nextVersion } from './next-version.js';
import type { Servable, ServableHandle } from './servable.js';

/** What becomes of requests for an alias. */
export type AliasState =
  /** No version has been in service yet. Requests are rejected at once. */
  | 'empty'
  /** A version answers. */
  | 'serving'
  /** The engine of the version in service ended; it is being started anew. Requests wait a little. */
  | 'recovering'
  /** Closed. Requests are rejected. */
  | 'closed';

/** Who is told what becomes of versions. */
export interface AliasObserver {
  /** New requests are answered by `servable` from here on. */
  swapped(servable: Servable, previousVersion: string | undefined): void;
  /** A version was not taken into service, or went out of it; `retrying` says whether it is tried again by itself. */
  failed(version: string, error: SulcusError, retrying: boolean): void;
  /** Whether requests are being answered. */
  serving(isServing: boolean): void;
}

export interface AliasManagerOptions {
  alias: string;
  registry: Pick<Registry, 'alias' | 'get' | 'watchAlias'>;
  load(card: ModelCard, signal: AbortSignal): Promise<Servable>;
  /**
   * Whether a version need not be in service here. Default: never. {@link AliasManager.reconsider} is to be called when
   * that changes.
   */
  isRedundant?(version: string): boolean;
  log: Logger;
}

/** How often the alias is read beside being watched. */
const POLL_MS = 10_000;
/** How long requests wait for an engine that is being started anew. */
const RECOVERY_WAIT_MS = 10_000;

/**
 * Keeps the version in service that an alias names. It brings each version up beside the one in service and swaps when
 * the new one is warm; requests that began on the old one finish there. A version that fails never serves and the old
 * one stays. Moves that come while a version is being loaded coalesce: the newest is next.
 */
export class AliasManager {
  readonly #options: AliasManagerOptions;
  readonly #failures = new LoadFailures();
  readonly #retiring = new Set<Promise<void>>();
  #observer: AliasObserver | undefined;
  #state: AliasState = 'empty';
  #serving: Servable | undefined;
  #wanted: AliasRecord | undefined;
  #loading: string | undefined;
  /** The alias has moved, another version is in service, an engine has failed or this is closed. */
  readonly #changed = new Notifier();

  constructor(options: AliasManagerOptions) {
    this.#options = options;
  }

  get state(): AliasState {
    return this.#state;
  }

  /** Answers new requests. */
  get serving(): Servable | undefined {
    return this.#state === 'serving' ? this.#serving : undefined;
  }

  /** The version that is being brought up beside the one in service, if any. */
  get loading(): string | undefined {
    return this.#loading;
  }

  /** Why a version could not be brought into service, when it could not. */
  loadFailureOf(version: string): SulcusError | undefined {
    return this.#failures.of(version);
  }

  /** Follows the alias until `signal`. What is in service then stays so until {@link close}. */
  async run(signal: AbortSignal, observer: AliasObserver): Promise<void> {
    this.#observer = observer;
    const { registry, alias, log } = this.#options;
    const follow = followAlias({ registry, alias, pollMs: POLL_MS, log, signal }, (record) => {
      this.#wanted = record;
      this.#changed.notify();
    });
    await Promise.all([follow, this.#reconcile(signal)]);
  }

  /** Asks again whether the version that the alias names is redundant. */
  reconsider(): void {
    this.#changed.notify();
  }

  /**
   * The version to answer a request with.
   *
   * @throws MODEL_NOT_READY when there is none, saying why; SERVICE_UNAVAILABLE when stopping; CANCELLED or
   * DEADLINE_EXCEEDED by `signal`
   */
  async acquire(signal: AbortSignal): Promise<ServableHandle> {
    if (this.#state === 'recovering') await this.#recovered(signal);
    if (this.#state !== 'serving' || !this.#serving) throw this.#notReady();
    return this.#serving.acquire();
  }

  /** Takes everything out of service when its requests are answered, and ends the engines. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#takeOut('closed');
    this.#changed.notify();
    await Promise.all(this.#retiring);
  }

  async #reconcile(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const redundant = this.#wanted !== undefined && (this.#options.isRedundant?.(this.#wanted.version) ?? false);
      if (redundant && this.#serving) this.#takeOut('empty');
      // One instant for both: what is due is next, and what is not yet is waited for.
      const nowMs = performance.now();
      const version = redundant ? undefined : this.#next(nowMs);
      if (version === undefined) await this.#changed.wait(signal, this.#failures.nextInMs(nowMs));
      else await this.#bringUp(version, signal);
    }
  }

  #next(nowMs: number): string | undefined {
    const serving = this.#serving && { version: this.#serving.card.version, alive: this.#serving.alive };
    const mayLoad = (version: string, revision: number | undefined): boolean =>
      this.#failures.mayLoad(version, revision, nowMs);
    return this.#wanted && nextVersion(this.#wanted, serving, { mayLoad });
  }

  async #bringUp(version: string, signal: AbortSignal): Promise<void> {
    const revision = this.#wanted!.revision;
    this.#loading = version;
    try {
      const servable = await this.#load(version, signal);
      const takenBack = this.#serving?.alive && isTakenBack(version, this.#wanted!);
      if (signal.aborted || takenBack) await servable.close();
      else this.#swap(servable);
    } catch (thrown) {
      if (signal.aborted) return;
      const error = SulcusError.from(thrown);
      this.#failures.add(version, revision, error);
      this.#observer?.failed(version, error, isRetryable(error));
    } finally {
      this.#loading = undefined;
    }
  }

  async #load(version: string, signal: AbortSignal): Promise<Servable> {
    const card = await this.#options.registry.get(version);
    if (!card)
      throw new SulcusError('NOT_FOUND', `The registry has no model version ${version}`, { details: { version } });
    const links = card.traceparent === undefined ? [] : [{ traceparent: card.traceparent }];
    const attributes = { [attr.modelVersion]: version, [attr.modelAlias]: this.#options.alias };
    return await withSpan('load model', { root: true, attributes, links }, () => this.#options.load(card, signal));
  }

  #swap(servable: Servable): void {
    const previous = this.#serving;
    this.#serving = servable;
    this.#state = 'serving';
    servable.onFailure = (error) => this.#onFailure(servable, error);
    this.#failures.clear(servable.card.version);
    this.#observer?.swapped(servable, previous?.card.version);
    this.#observer?.serving(servable.alive);
    this.#changed.notify();
    if (previous) this.#retire(previous);
  }

  #onFailure(servable: Servable, error: SulcusError): void {
    if (servable !== this.#serving || this.#state !== 'serving') return;
    this.#state = 'recovering';
    this.#observer?.failed(servable.card.version, error, true);
    this.#observer?.serving(false);
    this.#changed.notify();
  }

  /** Takes what is in service out of it. */
  #takeOut(next: 'empty' | 'closed'): void {
    this.#state = next;
    this.#observer?.serving(false);
    if (this.#serving) this.#retire(this.#serving);
    this.#serving = undefined;
  }

  #retire(servable: Servable): void {
    const retired = servable.retire().catch((error: unknown) => {
      this.#options.log.warn({ err: error, version: servable.card.version }, 'A replaced version did not end cleanly');
    });
    this.#retiring.add(retired);
    void retired.then(() => this.#retiring.delete(retired));
  }

  async #recovered(signal: AbortSignal): Promise<void> {
    const deadlineMs = performance.now() + RECOVERY_WAIT_MS;
    for (let leftMs = RECOVERY_WAIT_MS; this.#state === 'recovering' && leftMs > 0 && !signal.aborted; ) {
      await this.#changed.wait(signal, leftMs);
      leftMs = deadlineMs - performance.now();
    }
    if (signal.aborted) throw SulcusError.from(signal.reason);
  }

  #notReady(): SulcusError {
    const { alias } = this.#options;
    const notReady = (why: string): SulcusError => new SulcusError('MODEL_NOT_READY', why);
    if (this.#state === 'closed')
      return new SulcusError('SERVICE_UNAVAILABLE', 'The predictor is stopping: ask another one');
    if (!this.#wanted) return notReady(`No model version has been promoted to "${alias}" yet`);
    if (this.#loading !== undefined)
      return notReady(`Model version ${this.#loading} is being loaded: try again in a moment`);
    const failure = this.#failures.of(this.#wanted.version);
    return notReady(
      failure
        ? `Model version ${this.#wanted.version} cannot serve: ${failure.message}`
        : `Model version ${this.#wanted.version} is about to be loaded: try again in a moment`,
    );
  }
}
