import type { PredictRequestInput, PredictResponse, PredictStreamResponse } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { createClient, createHealthClient, type ClientLife, type HealthClient, type Methods } from '#libs/rpc';
import { requestWithRetry } from './retry.js';

export interface PredictorClientOptions {
  /** Time one answer may take, attempts and pauses between them included, in milliseconds. Default: 30 s. */
  timeoutMs?: number;
  /** Largest message, in bytes. Default: 16 MiB, as the predictor's. */
  maxMessageBytes?: number;
}

/** What a caller may say about one prediction. */
export interface PredictOptions {
  /** Caller's own name for the image, echoed in the answer. */
  name?: string;
  /** 1 for somebody who waits, 2 (default), 3 for work in bulk. */
  priority?: 1 | 2 | 3;
  /** Default: the client's. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const SERVICE = 'sulcus.v1.Predictor';

/**
 * Client of a predictor. One instance holds one connection, which is made again when it breaks; share it between
 * callers. A dead peer is noticed by keepalive pings within 25 s. Every failure is a SulcusError with the predictor's
 * own code.
 */
export class PredictorClient implements Disposable {
  readonly address: string;
  readonly #timeoutMs: number;
  readonly #predictor: Methods<'Predictor'> & ClientLife;
  readonly #health: HealthClient;

  /** @param address `host:port`; nothing is connected before the first call */
  constructor(address: string, { timeoutMs = DEFAULT_TIMEOUT_MS, maxMessageBytes }: PredictorClientOptions = {}) {
    this.address = address;
    this.#timeoutMs = timeoutMs;
    const serverName = 'predictor';
    const channel = { timeoutMs, connectTimeoutMs: timeoutMs, maxMessageBytes, retry: false, serverName };
    this.#predictor = createClient('Predictor', address, channel);
    this.#health = createHealthClient(address, { serverName });
  }

  /**
   * Predicts one encoded image. Asked again, within its time, while the predictor is away, full or without a model.
   *
   * @param image JPEG, PNG, TIFF or WebP
   * @throws IMAGE_* for bytes that are no readable image; DEADLINE_EXCEEDED; CANCELLED by the signal; BACKPRESSURE,
   * MODEL_NOT_READY or SERVICE_UNAVAILABLE when that is how it stood at the last attempt
   */
  predict(
    image: Uint8Array,
    { timeoutMs = this.#timeoutMs, signal, ...rest }: PredictOptions = {},
  ): Promise<PredictResponse> {
    return this.request(
      { image: Buffer.from(image.buffer, image.byteOffset, image.byteLength), ...rest },
      { timeoutMs, signal },
    );
  }

  /** The same with a request of the contract's own form. */
  request(
    request: PredictRequestInput,
    { timeoutMs = this.#timeoutMs, signal }: Pick<PredictOptions, 'timeoutMs' | 'signal'> = {},
  ): Promise<PredictResponse> {
    return requestWithRetry((remainingMs) => this.#predictor.predict(request, { timeoutMs: remainingMs, signal }), {
      timeoutMs,
      signal,
    });
  }

  /**
   * Predicts images as they come; answers keep their order, and a bad image is answered in place. Slow readers slow the
   * predictor, and a full predictor slows `requests`. Nothing is asked again: a stream that breaks throws.
   */
  predictStream(
    requests: AsyncIterable<PredictRequestInput> | Iterable<PredictRequestInput>,
    { signal }: Pick<PredictOptions, 'signal'> = {},
  ): AsyncIterable<PredictStreamResponse> {
    return this.#predictor.predictStream(requests, { signal });
  }

  /** Whether a model is in service now. @throws SERVICE_UNAVAILABLE when nobody answers at the address */
  async isServing({
    timeoutMs = this.#timeoutMs,
    signal,
  }: Pick<PredictOptions, 'timeoutMs' | 'signal'> = {}): Promise<boolean> {
    return (await this.#health.check(SERVICE, { timeoutMs, signal })) === 'SERVING';
  }

  /**
   * Resolves when a model is in service.
   *
   * @throws SERVICE_UNAVAILABLE when nobody answers at the address in time, MODEL_NOT_READY when somebody does and has
   * no model
   */
  async waitUntilServing({
    timeoutMs = this.#timeoutMs,
    signal,
  }: Pick<PredictOptions, 'timeoutMs' | 'signal'> = {}): Promise<void> {
    await requestWithRetry(
      async (remainingMs) => {
        if (await this.isServing({ timeoutMs: remainingMs, signal })) return;
        throw new SulcusError(
          'MODEL_NOT_READY',
          `The predictor at ${this.address} has no model in service: has one been promoted?`,
        );
      },
      { timeoutMs, signal },
    );
  }

  close(): void {
    this.#predictor.close();
    this.#health.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
