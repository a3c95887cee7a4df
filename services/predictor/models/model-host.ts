import { startEngine, type Engine } from '#libs/engine';
import { SulcusError } from '#libs/errors';
import { decodeSafetensors, InferenceSession, resolvePrecision, type Precision } from '#libs/nn';
import type { ModelCard, Registry } from '#libs/registry';
import { Batcher, type Batched } from '../batching/batcher.js';
import type { TransformRef } from '../prepare/pool.js';
import { checkCard, type ServableCard } from './servable-card.js';
import { warmUpAndCheck, warmUpBatchSizes } from './self-check.js';

/** How hosts are made and how they batch. */
export interface ModelHostOptions {
  registry: Pick<Registry, 'loadWeights'>;
  engineThreads: number | undefined;
  /** 'auto': as the card's recipe says, as far as the engine can. */
  precision: 'auto' | Precision;
  maxBatchSize: number;
  maxDelayMs: number;
  /** Start, load and warm-up together; a version that takes longer is given up. */
  loadTimeoutMs: number;
}

/** Batches an engine has at a time: one computes while the other is on its way. */
const BATCHES_IN_FLIGHT = 2;
/** A call that takes longer than this means the engine hangs; it is ended and started anew. */
const HANG_MS = 60_000;
/** How long a run may go on in an engine that is to end. */
const END_GRACE_MS = 5_000;

/**
 * One model version in service: its own engine process, the weights in it, and the batcher in front. A host that exists is
 * verified, warm and self-checked; what is served when is {@link ModelSlot}'s business.
 */
export class ModelHost {
  readonly card: ModelCard;
  readonly servable: ServableCard;
  /** Fetch, verify, start, load and warm together. */
  readonly loadMs: number;
  readonly #engine: Engine;
  readonly #session: InferenceSession;
  readonly #batcher: Batcher<Uint8Array, Float32Array>;
  readonly #inputLength: number;
  #users = 0;
  #failure: SulcusError | undefined;
  #closing: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;
  #onFailure: ((error: SulcusError) => void) | undefined;

  private constructor(parts: { servable: ServableCard; engine: Engine; session: InferenceSession; loadMs: number }, options: ModelHostOptions) {
    this.servable = parts.servable;
    this.card = parts.servable.card;
    this.loadMs = parts.loadMs;
    this.#engine = parts.engine;
    this.#session = parts.session;
    const { height, width, channels } = this.card.input;
    this.#inputLength = height * width * channels;
    this.#batcher = new Batcher({
      maxBatchSize: options.maxBatchSize,
      maxDelayMs: options.maxDelayMs,
      maxBatchesInFlight: BATCHES_IN_FLIGHT,
      run: (rows) => this.#infer(rows),
    });
    this.#engine.onExit(() => this.#fail(new SulcusError('ENGINE_FAILED', `The engine process of ${this.card.version} ended`)));
  }

  /**
   * Fetches, verifies, loads, warms and checks a version. Nothing is left running when it fails.
   *
   * @throws MODEL_INVALID, HASH_MISMATCH, NOT_FOUND for a version that must not serve; ENGINE_FAILED, ENGINE_UNAVAILABLE and
   * bus errors for trouble that is not the version's; CANCELLED when `signal` aborts
   */
  static async load(card: ModelCard, options: ModelHostOptions, signal: AbortSignal): Promise<ModelHost> {
    const startedMs = performance.now();
    const servable = checkCard(card);
    const weights = await options.registry.loadWeights(card);
    const { state } = decodeSafetensors(weights);
    signal.throwIfAborted();
    const engine = await startEngine({ threads: options.engineThreads, label: `predictor ${card.version}` });
    try {
      return await withLimit(AbortSignal.any([signal, AbortSignal.timeout(options.loadTimeoutMs)]), async () => {
        const precision = options.precision === 'auto' ? recipePrecision(card, engine) : options.precision;
        const session = await InferenceSession.create(engine, { ...servable.network, precision }, state);
        const { height, width, channels } = card.input;
        await warmUpAndCheck(session, height * width * channels, card.classes.length, warmUpBatchSizes(options.maxBatchSize));
        return new ModelHost({ servable, engine, session, loadMs: performance.now() - startedMs }, options);
      });
    } catch (error) {
      await endEngine(engine);
      throw error;
    }
  }

  /** What an image goes through before it is given to {@link predict}. */
  get transform(): TransformRef {
    return { hash: this.card.transformHash, spec: this.servable.transform };
  }

  /** Process that holds the model. */
  get enginePid(): number | undefined {
    return this.#engine.pid;
  }

  /** False from the moment the engine fails or the host is closed. */
  get alive(): boolean {
    return this.#failure === undefined && this.#closing === undefined;
  }

  /** Called once when the engine fails while the host is in service. */
  set onFailure(listener: (error: SulcusError) => void) {
    this.#onFailure = listener;
    if (this.#failure) listener(this.#failure);
  }

  /** Keeps the host from being closed by {@link retire} until the returned function is called. */
  use(): () => void {
    this.#users++;
    return () => {
      this.#users--;
      if (this.#users === 0) this.#onIdle?.();
    };
  }

  /**
   * @param prepare gives the network's input, `[height, width, channels]` uint8
   * @returns probabilities in the order of the card's classes
   * @throws CANCELLED, DEADLINE_EXCEEDED by `signal`; ENGINE_FAILED when the engine dies meanwhile; what `prepare` throws
   */
  predict(prepare: () => Promise<Uint8Array>, signal: AbortSignal): Promise<Batched<Float32Array>> {
    return this.#batcher.submit(prepare, signal);
  }

  /** Waits for the requests that use this host, at most `drainMs`, then ends its process and so returns all its memory. */
  async retire(drainMs: number): Promise<void> {
    if (this.#users > 0 && this.alive) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, drainMs);
        this.#onIdle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    await this.close();
  }

  /** Ends the process at once; what is waiting fails. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#batcher.close(new SulcusError('ENGINE_FAILED', `${this.card.version} was taken out of service`));
      await endEngine(this.#engine);
    })();
    return this.#closing;
  }

  async #infer(rows: readonly Uint8Array[]): Promise<Float32Array[]> {
    // A fresh buffer each time: the engine may still be reading the one before.
    const pixels = new Uint8Array(rows.length * this.#inputLength);
    rows.forEach((row, index) => pixels.set(row, index * this.#inputLength));
    const classes = this.card.classes.length;
    const probabilities = await this.#whileResponsive(this.#session.predict(pixels, rows.length));
    if (probabilities.length !== rows.length * classes) {
      throw new SulcusError('INTERNAL', `The engine answered ${probabilities.length} values for ${rows.length} rows of ${classes} classes`);
    }
    return rows.map((_, index) => probabilities.slice(index * classes, (index + 1) * classes));
  }

  async #whileResponsive<T>(work: Promise<T>): Promise<T> {
    const watchdog = setTimeout(() => {
      this.#fail(new SulcusError('ENGINE_FAILED', `The engine of ${this.card.version} has not answered for ${HANG_MS} ms`));
      void endEngine(this.#engine);
    }, HANG_MS);
    try {
      return await work;
    } finally {
      clearTimeout(watchdog);
    }
  }

  #fail(error: SulcusError): void {
    if (this.#failure || this.#closing) return;
    this.#failure = error;
    this.#batcher.close(error);
    this.#onFailure?.(error);
  }
}

/** The precision the version was trained and judged with, where this engine has it. */
function recipePrecision(card: ModelCard, engine: Engine): Precision {
  const { precision } = card.recipe;
  return precision === 'auto' || precision === 'bfloat16' ? resolvePrecision('auto', engine.info.precision) : 'float32';
}

/** Ends an engine's process, by force when it does not come to an end. */
async function endEngine(engine: Engine): Promise<void> {
  const { pid } = engine;
  const force = setTimeout(() => {
    try {
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    } catch {
      // It has just ended by itself.
    }
  }, END_GRACE_MS);
  await engine.close();
  clearTimeout(force);
}

/** Runs `work`, or throws when `limit` aborts first; the engine's end settles what is left of the work. */
async function withLimit<T>(limit: AbortSignal, work: () => Promise<T>): Promise<T> {
  limit.throwIfAborted();
  return await new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(SulcusError.from(limit.reason));
    limit.addEventListener('abort', onAbort, { once: true });
    work().then(resolve, reject).finally(() => limit.removeEventListener('abort', onAbort));
  });
}
