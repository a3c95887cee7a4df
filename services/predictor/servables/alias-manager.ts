import { SulcusError } from '#libs/errors';
import type { AliasRecord, ModelCard, Registry } from '#libs/registry';
import { attr, withSpan, type Logger } from '#libs/telemetry';
import { Notifier } from '#libs/async';
import { followAlias } from './alias-follower.js';
import type { ModelHost } from './servable.js';
import { mayPass, Setbacks } from './load-failures.js';

/** Life of a slot. */
export type SlotState =
  /** No version has been in service yet. Requests are refused at once. */
  | 'empty'
  /** A version answers. */
  | 'serving'
  /** The engine of the version in service ended; it is being started anew. Requests wait a little. */
  | 'recovering'
  /** Closed. Requests are refused. */
  | 'closed';

/** Who is told what becomes of versions. */
export interface SlotObserver {
  /** The pointer has moved: new requests are answered by `host`. */
  swapped(host: ModelHost, previousVersion: string | undefined): void;
  /** A version was not taken into service, or went out of it; `retrying` says whether it is tried again by itself. */
  failed(version: string, error: SulcusError, retrying: boolean): void;
  /** Whether requests are being answered. */
  serving(isServing: boolean): void;
}

export interface ModelSlotOptions {
  alias: string;
  registry: Pick<Registry, 'alias' | 'get' | 'watchAlias'>;
  load(card: ModelCard, signal: AbortSignal): Promise<ModelHost>;
  /** Whether a version need not be in service here. Default: never. {@link ModelSlot.reconsider} is to be called when that changes. */
  isRedundant?(version: string): boolean;
  observer: SlotObserver;
  log: Logger;
  /** How often the alias is read beside being watched. */
  pollMs: number;
  /** How long requests wait for an engine that is being started anew. */
  recoveryWaitMs: number;
  /** How long requests on a replaced version have to finish. */
  drainMs: number;
}

/** The host that answers a request, kept alive until `release`. */
export interface Lease {
  host: ModelHost;
  release: () => void;
}

/**
 * The serving pointer of one alias. It follows the alias, brings each version up beside the one in service and moves the
 * pointer when the new one is warm; requests that began on the old one finish there. A version that fails never serves
 * and the old one stays. Moves that come while a version is being loaded coalesce: the newest is next.
 */
export class ModelSlot {
  readonly #options: ModelSlotOptions;
  readonly #setbacks = new Setbacks();
  readonly #retiring = new Set<Promise<void>>();
  #state: SlotState = 'empty';
  #serving: ModelHost | undefined;
  #wanted: AliasRecord | undefined;
  #loading: string | undefined;
  /** Rings when the alias has moved, the pointer has moved, an engine has failed or the slot is closed. */
  readonly #changed = new Notifier();

  constructor(options: ModelSlotOptions) {
    this.#options = options;
  }

  get state(): SlotState {
    return this.#state;
  }

  /** The host that new requests are answered by. */
  get serving(): ModelHost | undefined {
    return this.#state === 'serving' ? this.#serving : undefined;
  }

  /** The version that is being brought up beside the one in service, if any. */
  get loading(): string | undefined {
    return this.#loading;
  }

  /** Why a version could not be brought into service, when it could not. */
  setbackOf(version: string): SulcusError | undefined {
    return this.#setbacks.of(version);
  }

  /** Follows the alias until `signal`. What is in service then stays so until {@link close}. */
  async run(signal: AbortSignal): Promise<void> {
    const { registry, alias, pollMs, log } = this.#options;
    const follow = followAlias({ registry, alias, pollMs, log, signal }, (record) => {
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
   * @throws MODEL_NOT_READY when there is none, saying why; SERVICE_UNAVAILABLE when stopping; CANCELLED or DEADLINE_EXCEEDED by `signal`
   */
  async acquire(signal: AbortSignal): Promise<Lease> {
    if (this.#state === 'recovering') await this.#recovered(signal);
    const host = this.#serving;
    if (this.#state !== 'serving' || !host) throw this.#notReady();
    return { host, release: host.use() };
  }

  /** Takes everything out of service when its requests are answered, and ends the engines. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#changed.notify();
    this.#options.observer.serving(false);
    if (this.#serving) this.#retire(this.#serving);
    this.#serving = undefined;
    await Promise.all(this.#retiring);
  }

  async #reconcile(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#isRedundant) this.#standDown();
      const version = this.#next();
      if (version === undefined) await this.#somethingToDo(signal);
      else await this.#bringUp(version, signal);
    }
  }

  get #isRedundant(): boolean {
    return this.#wanted !== undefined && (this.#options.isRedundant?.(this.#wanted.version) ?? false);
  }

  /** Takes what is in service out of it. */
  #standDown(): void {
    if (!this.#serving) return;
    this.#retire(this.#serving);
    this.#serving = undefined;
    this.#state = 'empty';
    this.#options.observer.serving(false);
  }

  /** The version to load now: what the alias names, else, while nothing answers, what answered before it. */
  #next(): string | undefined {
    const wanted = this.#wanted;
    if (!wanted || this.#isRedundant) return undefined;
    const live = this.#serving?.alive ? this.#serving.card.version : undefined;
    for (const version of [wanted.version, this.#serving?.card.version, wanted.previousVersion]) {
      if (version === undefined) continue;
      if (version === live) return undefined;
      if (this.#setbacks.mayTry(version, version === wanted.version ? wanted.revision : undefined)) return version;
    }
    return undefined;
  }

  async #bringUp(version: string, signal: AbortSignal): Promise<void> {
    const revision = this.#wanted!.revision;
    this.#loading = version;
    try {
      const host = await this.#load(version, signal);
      if (signal.aborted || this.#isTakenBack(version)) await host.close();
      else this.#swap(host);
    } catch (thrown) {
      if (signal.aborted) return;
      const error = SulcusError.from(thrown);
      this.#setbacks.add(version, revision, error);
      this.#options.observer.failed(version, error, mayPass(error));
    } finally {
      this.#loading = undefined;
    }
  }

  async #load(version: string, signal: AbortSignal): Promise<ModelHost> {
    const card = await this.#options.registry.get(version);
    if (!card)
      throw new SulcusError('NOT_FOUND', `The registry has no model version ${version}`, { details: { version } });
    const links = card.traceparent === undefined ? [] : [{ traceparent: card.traceparent }];
    const attributes = { [attr.modelVersion]: version, [attr.modelAlias]: this.#options.alias };
    return await withSpan('load model', { root: true, attributes, links }, () => this.#options.load(card, signal));
  }

  /**
   * Whether the alias has moved back from a version, to one it pointed to before, while it was loaded. One that a newer version has merely overtaken still
   * serves until that one is ready: otherwise promotions that come faster than a load takes would keep the oldest in service.
   */
  #isTakenBack(loaded: string): boolean {
    const wanted = this.#wanted;
    if (!wanted || wanted.version === loaded || !this.#serving?.alive) return false;
    const moves = [wanted, ...wanted.history].map(({ version }) => version).reverse();
    const position = moves.lastIndexOf(loaded);
    const next = moves[position + 1]!;
    return position < 0 || moves.slice(0, position).includes(next);
  }

  #swap(host: ModelHost): void {
    const previous = this.#serving;
    this.#serving = host;
    this.#state = 'serving';
    host.onFailure = (error) => this.#onFailure(host, error);
    this.#setbacks.clear(host.card.version);
    this.#options.observer.swapped(host, previous?.card.version);
    this.#options.observer.serving(host.alive);
    this.#changed.notify();
    if (previous) this.#retire(previous);
  }

  #onFailure(host: ModelHost, error: SulcusError): void {
    if (host !== this.#serving || this.#state !== 'serving') return;
    this.#state = 'recovering';
    this.#options.observer.failed(host.card.version, error, true);
    this.#options.observer.serving(false);
    this.#changed.notify();
  }

  #retire(host: ModelHost): void {
    const retired = host.retire(this.#options.drainMs).catch((error: unknown) => {
      this.#options.log.warn({ err: error, version: host.card.version }, 'A replaced version did not end cleanly');
    });
    this.#retiring.add(retired);
    void retired.then(() => this.#retiring.delete(retired));
  }

  /** Waits for a change, until a retry is due or `signal`. */
  async #somethingToDo(signal: AbortSignal): Promise<void> {
    const inMs = this.#setbacks.nextInMs();
    await this.#changed.wait(
      Number.isFinite(inMs) ? AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(inMs))]) : signal,
    );
  }

  async #recovered(signal: AbortSignal): Promise<void> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(this.#options.recoveryWaitMs)]);
    while (this.#state === 'recovering' && !limit.aborted) await this.#changed.wait(limit);
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
    const setback = this.#setbacks.of(this.#wanted.version);
    return notReady(
      setback
        ? `Model version ${this.#wanted.version} cannot serve: ${setback.message}`
        : `Model version ${this.#wanted.version} is about to be loaded: try again in a moment`,
    );
  }
}
