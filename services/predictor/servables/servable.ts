import os from 'node:os';
import path from 'node:path';
import pLimit from 'p-limit';
import { temperatureScaled } from '#libs/calibration';
import { SulcusError } from '#libs/errors';
import type { Precision } from '#libs/nn';
import type { ModelCard } from '#libs/registry';
import { Batcher, type Batched } from '../serving/batcher.js';
import type { Priority } from '../serving/priority.js';
import type { PreparePool, TransformRef } from '../prepare/pool.js';
import { abortable } from '#libs/async';
import { canRestoreNiceness, ThreadClient } from '#libs/threads';
import { checkCard } from './servable-card.js';
import { warmUpBatchSizes } from './self-check.js';
import type { ModelThreadData } from './thread-entry.js';
import type { ClassHeatMap, EngineFacts, ModelThreadMethods } from './thread.js';

type ModelThread = ThreadClient<ModelThreadMethods>;

/** How hosts are made and how they batch. */
export interface ModelHostOptions {
  natsUrl: string;
  pool: PreparePool;
  engineThreads: number | undefined;
  /** 'auto': as the card's recipe says, as far as the engine can. */
  precision: 'auto' | Precision;
  maxBatchSize: number;
  preferredBatchSizes?: readonly number[];
  maxDelayMs: number;
  /** How long an image may wait for its batch. Default: as long as its caller does. */
  queueTimeoutMs?: number;
  /** Start, load and warm-up together; a version that takes longer is given up. */
  loadTimeoutMs: number;
  /** Whether another version answers meanwhile: then loading gives way to it. Default: no. */
  besideLive?: boolean;
  /** Thread and engine give way to everything else on the machine, also when the version is ready. Default false. */
  background?: boolean;
  /** Told of every run of the network. */
  onBatch?: (version: string, batchSize: number, runMs: number) => void;
}

const ENTRY = new URL(`./thread-entry${path.extname(import.meta.url)}`, import.meta.url);

/**
 * Added to the nice value while a version is loaded beside another: on a busy core it gets about a tenth of the time, on
 * an idle one all of it.
 */
const LOAD_NICENESS = 10;
const LEAST_URGENT = 19;

/** Batches an engine has at a time: one computes while the other is on its way. */
const BATCHES_IN_FLIGHT = 2;
/** A call that takes longer than this means the engine hangs; it is ended and started anew. */
const HANG_MS = 60_000;
/** How long an explanation waits for a moment in which no prediction does. */
const EXPLANATION_PATIENCE_MS = 200;
/** How long a run may go on in an engine that is to end. */
const END_GRACE_MS = 5_000;

/**
 * One model version in service: its own engine process behind a thread of its own, and the batcher in front. A host that
 * exists is verified, warm and self-checked; what is served when is {@link ModelSlot}'s business.
 */
export class ModelHost {
  readonly card: ModelCard;
  /** Process that holds the model. */
  readonly enginePid: number | undefined;
  /** What computes the answers. */
  readonly engine: EngineFacts;
  /** Fetch, verify, start, load and warm together. */
  readonly loadMs: number;
  /** What an image goes through before it is given to {@link predict}. */
  readonly transform: TransformRef;
  readonly #thread: ModelThread;
  readonly #batcher: Batcher<Uint8Array, Float32Array>;
  readonly #inputLength: number;
  readonly #explanationsInTurn = pLimit(1);
  readonly #onBatch: ModelHostOptions['onBatch'];
  #users = 0;
  #failure: SulcusError | undefined;
  #closing: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;
  #onFailure: ((error: SulcusError) => void) | undefined;

  private constructor(
    parts: Pick<ModelHost, 'card' | 'enginePid' | 'engine' | 'loadMs' | 'transform'> & { thread: ModelThread },
    options: ModelHostOptions,
  ) {
    this.card = parts.card;
    this.enginePid = parts.enginePid;
    this.engine = parts.engine;
    this.loadMs = parts.loadMs;
    this.transform = parts.transform;
    this.#thread = parts.thread;
    const { height, width, channels } = this.card.input;
    this.#inputLength = height * width * channels;
    this.#onBatch = options.onBatch;
    this.#batcher = new Batcher({
      maxBatchSize: options.maxBatchSize,
      preferredBatchSizes: options.preferredBatchSizes,
      maxDelayMs: options.maxDelayMs,
      queueTimeoutMs: options.queueTimeoutMs,
      maxBatchesInFlight: BATCHES_IN_FLIGHT,
      run: (rows) => this.#infer(rows),
    });
    const failed = (why: string): void =>
      this.#fail(new SulcusError('ENGINE_FAILED', `The engine of ${this.card.version} is gone: ${why}`));
    this.#thread.call('engineEnded', undefined).then(failed, () => failed('its thread ended'));
  }

  /**
   * Fetches, verifies, loads, warms and checks a version. Nothing is left running when it fails.
   *
   * @throws MODEL_INVALID for a version that must not serve; ENGINE_FAILED, ENGINE_UNAVAILABLE and bus errors for trouble
   * that is not the version's; CANCELLED when `signal` aborts, DEADLINE_EXCEEDED when it takes too long
   */
  static async load(card: ModelCard, options: ModelHostOptions, signal: AbortSignal): Promise<ModelHost> {
    const startedMs = performance.now();
    const { network, transform: spec } = checkCard(card);
    const transform = { hash: card.transformHash, spec };
    const servingNiceness =
      !options.background && options.besideLive && canRestoreNiceness() ? os.getPriority() : undefined;
    const loadNiceness = options.background
      ? LEAST_URGENT
      : servingNiceness === undefined
        ? undefined
        : Math.min(servingNiceness + LOAD_NICENESS, LEAST_URGENT);
    const thread: ModelThread = new ThreadClient(ENTRY, `thread of model version ${card.version}`, {
      loadNiceness,
    } satisfies ModelThreadData);
    let enginePid: number | undefined;
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(options.loadTimeoutMs)]);
      const load = async (): Promise<ModelHost> => {
        await thread.call('fetch', { natsUrl: options.natsUrl, card });
        enginePid = await thread.call('start', { threads: options.engineThreads, label: `predictor ${card.version}` });
        const precision = options.precision === 'auto' ? recipePrecision(card) : options.precision;
        const order = {
          network,
          precision,
          batchSizes: warmUpBatchSizes(options.maxBatchSize, options.preferredBatchSizes),
          servingNiceness,
        };
        const [engine] = await Promise.all([thread.call('load', order), options.pool.warmUp(transform)]);
        return new ModelHost(
          { card, transform, enginePid, engine, thread, loadMs: performance.now() - startedMs },
          options,
        );
      };
      // The thread's end settles what is left of the work.
      return await abortable(load(), limit);
    } catch (error) {
      await endThread(thread, enginePid);
      throw error;
    }
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
   * @param prepare gives the network's input, `[height, width, channels]` uint8, until its signal aborts
   * @returns probabilities in the order of the card's classes, at the temperature of its calibration
   * @throws CANCELLED, DEADLINE_EXCEEDED by `signal`; ENGINE_FAILED when the engine dies meanwhile; what `prepare` throws
   */
  predict(
    prepare: (signal: AbortSignal) => Promise<Uint8Array>,
    signal: AbortSignal,
    priority?: Priority,
  ): Promise<Batched<Float32Array>> {
    return this.#batcher.submit(prepare, signal, priority);
  }

  /**
   * What in an image speaks for a class. Explanations go one at a time, when no prediction waits or after a moment's patience:
   * a batch waits for one of them at most.
   *
   * @param pixels the network's input, `[height, width, channels]` uint8
   * @throws CANCELLED, DEADLINE_EXCEEDED by `signal`; ENGINE_FAILED when the engine dies meanwhile
   */
  explain(pixels: Uint8Array, classIndex: number, signal: AbortSignal): Promise<ClassHeatMap> {
    return this.#explanationsInTurn(async () => {
      await this.#batcher.quiet(signal, EXPLANATION_PATIENCE_MS);
      if (signal.aborted) throw SulcusError.from(signal.reason);
      if (this.#failure) throw this.#failure;
      return await this.#whileResponsive(this.#thread.call('explain', { pixels, classIndex }));
    });
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
      await endThread(this.#thread, this.enginePid);
    })();
    return this.#closing;
  }

  async #infer(rows: readonly Uint8Array[]): Promise<Float32Array[]> {
    const pixels = new Uint8Array(rows.length * this.#inputLength);
    rows.forEach((row, index) => pixels.set(row, index * this.#inputLength));
    const classes = this.card.classes.length;
    const startedMs = performance.now();
    const probabilities = await this.#whileResponsive(
      this.#thread.call('predict', { pixels, count: rows.length }, [pixels.buffer]),
    );
    if (probabilities.length !== rows.length * classes) {
      throw new SulcusError(
        'INTERNAL',
        `The engine answered ${probabilities.length} values for ${rows.length} rows of ${classes} classes`,
      );
    }
    this.#onBatch?.(this.card.version, rows.length, performance.now() - startedMs);
    const { temperature = 1 } = this.card.calibration ?? {};
    return rows.map((_, index) =>
      temperatureScaled(probabilities.slice(index * classes, (index + 1) * classes), temperature),
    );
  }

  async #whileResponsive<T>(work: Promise<T>): Promise<T> {
    const watchdog = setTimeout(() => {
      this.#fail(
        new SulcusError('ENGINE_FAILED', `The engine of ${this.card.version} has not answered for ${HANG_MS} ms`),
      );
      void endThread(this.#thread, this.enginePid);
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

/** The precision the version was trained and judged with. */
function recipePrecision({ recipe: { precision } }: ModelCard): 'auto' | Precision {
  return precision === 'bfloat16' || precision === 'auto' ? 'auto' : 'float32';
}

/** Lets the thread close its engine, and ends both by force when a run does not come to an end. */
async function endThread(thread: ModelThread, enginePid: number | undefined): Promise<void> {
  const force = setTimeout(() => {
    try {
      if (enginePid !== undefined) process.kill(enginePid, 'SIGKILL');
    } catch {
      // It has just ended by itself.
    }
    void thread.terminate();
  }, END_GRACE_MS);
  await thread.close();
  clearTimeout(force);
}
