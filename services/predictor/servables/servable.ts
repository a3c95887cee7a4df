import pLimit from 'p-limit';
import { temperatureScaled } from '#libs/calibration';
import { SulcusError } from '#libs/errors';
import type { TransformReference } from '#libs/imaging';
import type { ModelCard } from '#libs/registry';
import { Batcher, type Batched, type BatcherOptions, type Reservation } from '../serving/batcher.js';
import type { Priority } from '../serving/priority.js';
import type { EngineFacts } from './engine-facts.js';
import type { ModelThread } from './model-thread.js';
import type { ClassHeatMap } from './thread.js';

/** How rows of pixels become batches. */
export type BatchingOptions = Pick<
  BatcherOptions<unknown, unknown>,
  'maxBatchSize' | 'preferredBatchSizes' | 'maxDelayMs' | 'queueTimeoutMs'
>;

/** A version that is verified, loaded, warm and self-checked. */
export interface LoadedModel {
  readonly card: ModelCard;
  /** What an image goes through before it is submitted. */
  readonly transform: TransformReference;
  /** What computes the answers. */
  readonly engine: EngineFacts;
  /** Fetch, verify, start, load and warm together. */
  readonly loadMs: number;
  readonly thread: ModelThread;
}

/** The servable that answers a request, kept alive until `release`, which is to be called once. */
export interface ServableHandle {
  servable: Servable;
  release: () => void;
}

/** Batches an engine has at a time: one computes while the other is on its way. */
const BATCHES_IN_FLIGHT = 2;
/** How long requests on a servable that is retired have to finish. */
const DRAIN_MS = 10_000;
/** How long an explanation waits for a moment in which no prediction does. */
const EXPLANATION_WAIT_MS = 200;

/**
 * One model version that can answer: its own engine process behind a thread of its own, and the batcher in front. Which
 * one answers is {@link AliasManager}'s business.
 */
export class Servable implements Omit<LoadedModel, 'thread'> {
  readonly card: ModelCard;
  readonly transform: TransformReference;
  readonly engine: EngineFacts;
  readonly loadMs: number;
  readonly #thread: ModelThread;
  readonly #batcher: Batcher<Uint8Array, Float32Array>;
  readonly #inputLength: number;
  readonly #explanations = pLimit(1);
  readonly #onBatch: ((version: string, batchSize: number, runMs: number) => void) | undefined;
  #handles = 0;
  #failure: SulcusError | undefined;
  #closing: Promise<void> | undefined;
  #onUnused: (() => void) | undefined;
  #onFailure: ((error: SulcusError) => void) | undefined;

  /** @param options `onBatch`: told of every run of the network */
  constructor(
    { card, transform, engine, loadMs, thread }: LoadedModel,
    options: BatchingOptions & { onBatch?: (version: string, batchSize: number, runMs: number) => void },
  ) {
    this.card = card;
    this.transform = transform;
    this.engine = engine;
    this.loadMs = loadMs;
    this.#thread = thread;
    const { height, width, channels } = card.input;
    this.#inputLength = height * width * channels;
    this.#onBatch = options.onBatch;
    const { maxBatchSize, preferredBatchSizes, maxDelayMs, queueTimeoutMs } = options;
    this.#batcher = new Batcher({
      maxBatchSize,
      preferredBatchSizes,
      maxDelayMs,
      queueTimeoutMs,
      maxBatchesInFlight: BATCHES_IN_FLIGHT,
      run: (rows) => this.#infer(rows),
    });
    thread.watch((error) => this.#fail(error));
  }

  /** Process that holds the model. */
  get enginePid(): number | undefined {
    return this.#thread.enginePid;
  }

  /** False from the moment the engine fails or the servable is closed. */
  get alive(): boolean {
    return this.#failure === undefined && this.#closing === undefined;
  }

  /** Called once when the engine fails while the servable is in use. */
  set onFailure(listener: (error: SulcusError) => void) {
    this.#onFailure = listener;
    if (this.#failure) listener(this.#failure);
  }

  /** Keeps the servable from being closed by {@link retire} until the handle is released. */
  acquire(): ServableHandle {
    this.#handles++;
    const release = (): void => {
      this.#handles--;
      if (this.#handles === 0) this.#onUnused?.();
    };
    return { servable: this, release };
  }

  /**
   * Announces an image that is being prepared: its row is `[height, width, channels]` uint8, its result the
   * probabilities in the order of the card's classes, at the temperature of its calibration.
   *
   * @throws (when submitted) CANCELLED, DEADLINE_EXCEEDED by `signal`; ENGINE_FAILED when the engine dies meanwhile
   */
  reserve(signal: AbortSignal, priority?: Priority): Reservation<Uint8Array, Float32Array> {
    return this.#batcher.reserve(signal, priority);
  }

  /** Predicts an image that is prepared already. @throws as {@link reserve} */
  predict(pixels: Uint8Array, signal: AbortSignal, priority?: Priority): Promise<Batched<Float32Array>> {
    return this.#batcher.submit(pixels, signal, priority);
  }

  /**
   * What in an image speaks for a class. Explanations go one at a time, when no prediction waits or after a moment: a
   * batch waits for one of them at most.
   *
   * @param pixels the network's input, `[height, width, channels]` uint8
   * @throws CANCELLED, DEADLINE_EXCEEDED by `signal`; ENGINE_FAILED when the engine dies meanwhile
   */
  explain(pixels: Uint8Array, classIndex: number, signal: AbortSignal): Promise<ClassHeatMap> {
    return this.#explanations(async () => {
      await this.#batcher.waitIdle(signal, EXPLANATION_WAIT_MS);
      if (signal.aborted) throw SulcusError.from(signal.reason);
      if (this.#failure) throw this.#failure;
      return await this.#thread.explain(pixels, classIndex);
    });
  }

  /** Waits until all handles are released, but not for long, then ends the process and so returns all its memory. */
  async retire(): Promise<void> {
    if (this.#handles > 0 && this.alive) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, DRAIN_MS);
        this.#onUnused = () => {
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
      await this.#thread.end();
    })();
    return this.#closing;
  }

  async #infer(rows: readonly Uint8Array[]): Promise<Float32Array[]> {
    const pixels = new Uint8Array(rows.length * this.#inputLength);
    rows.forEach((row, index) => pixels.set(row, index * this.#inputLength));
    const classes = this.card.classes.length;
    const startedMs = performance.now();
    const probabilities = await this.#thread.predict(pixels, rows.length);
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

  #fail(error: SulcusError): void {
    if (this.#failure || this.#closing) return;
    this.#failure = error;
    this.#batcher.close(error);
    this.#onFailure?.(error);
  }
}
