import type { MethodDefinition } from '@grpc/proto-loader';
import {
  Metadata,
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientWritableStream,
  type CallOptions as GrpcCallOptions,
} from '@grpc/grpc-js';
import { abortable } from '#libs/async';
import { rememberedBytes } from '#libs/contracts';
import { attr, currentTraceparent, withSpan } from '#libs/telemetry';
import { fromServiceError } from './error-mapping.js';
import type { CallOptions } from './handler-types.js';
import { writeMessages } from './message-streams.js';

export interface CallDefaults {
  client: Client;
  /** For calls with a single answer to a single request. */
  timeoutMs: number;
  waitForReady(timeoutMs?: number): Promise<void>;
}

type AnyMethod = (argument: never, options?: CallOptions) => unknown;
type Cancellable = { cancel(): void };

/** The async function or async generator function behind one method of a client. */
export function callMethod(definition: MethodDefinition<object, object>, defaults: CallDefaults): AnyMethod {
  const call = new MethodCaller(definition, defaults);
  if (definition.responseStream) {
    return definition.requestStream
      ? (requests: AsyncIterable<object>, options) => call.bidi(requests, options)
      : (request: object, options) => call.serverStream(request, options);
  }
  return definition.requestStream
    ? (requests: AsyncIterable<object>, options) => call.clientStream(requests, options)
    : (request: object, options) => call.unary(request, options);
}

class MethodCaller {
  readonly #method: string;

  constructor(
    private readonly definition: MethodDefinition<object, object>,
    private readonly defaults: CallDefaults,
  ) {
    this.#method = definition.path.replace(/^\//, '');
  }

  unary(request: object, options: CallOptions = {}): Promise<object> {
    const deadline = Date.now() + (options.timeoutMs ?? this.defaults.timeoutMs);
    return this.#single(options, (metadata, settle) =>
      this.defaults.client.makeUnaryRequest(...this.#wire(), request, metadata, { deadline }, settle),
    );
  }

  clientStream(requests: AsyncIterable<object> | Iterable<object>, options: CallOptions = {}): Promise<object> {
    return this.#single(options, (metadata, settle) => {
      const settled = new AbortController();
      const call: ClientWritableStream<object> = this.defaults.client.makeClientStreamRequest(
        ...this.#wire(),
        metadata,
        this.#grpcOptions(options),
        (error, response) => {
          settled.abort();
          settle(error, response);
        },
      );
      writeMessages(call, requests, settled.signal).then(
        () => call.end(),
        (failure: Error) => {
          if (settled.signal.aborted) return;
          settle(failure);
          call.cancel();
        },
      );
      return call;
    });
  }

  async *serverStream(request: object, options: CallOptions = {}): AsyncGenerator<object, void, undefined> {
    const metadata = this.#metadata(options);
    await this.#ready(options);
    const call: ClientReadableStream<object> = this.defaults.client.makeServerStreamRequest(
      ...this.#wire(),
      request,
      metadata,
      this.#grpcOptions(options),
    );
    yield* this.#responses(call, options);
  }

  async *bidi(
    requests: AsyncIterable<object> | Iterable<object>,
    options: CallOptions = {},
  ): AsyncGenerator<object, void, undefined> {
    const metadata = this.#metadata(options);
    await this.#ready(options);
    const call: ClientDuplexStream<object, object> = this.defaults.client.makeBidiStreamRequest(
      ...this.#wire(),
      metadata,
      this.#grpcOptions(options),
    );
    const over = new AbortController();
    let requestFailure: { error: unknown } | undefined;
    const writing = writeMessages(call, requests, over.signal).then(
      () => void call.end(),
      (error: unknown) => {
        if (over.signal.aborted) return;
        requestFailure = { error };
        call.cancel();
      },
    );
    call.once('status', () => over.abort());
    try {
      yield* this.#responses(call, options);
    } catch (error) {
      throw requestFailure ? requestFailure.error : error;
    } finally {
      over.abort();
      await writing;
    }
  }

  /** One answer, inside a client span; `start` begins the call and settles it once. */
  async #single(
    options: CallOptions,
    start: (metadata: Metadata, settle: (error: Error | null, response?: object) => void) => Cancellable,
  ): Promise<object> {
    const attributes = { [attr.rpcSystem]: 'grpc', [attr.rpcMethod]: this.#method };
    return withSpan(this.#method, { kind: 'client', attributes }, async () => {
      const metadata = this.#metadata(options);
      await this.#ready(options);
      return new Promise<object>((resolve, reject) => {
        const call = start(metadata, (error, response) => {
          options.signal?.removeEventListener('abort', onAbort);
          if (error) reject(this.#failure(error, options));
          else resolve(response!);
        });
        const onAbort = () => call.cancel();
        options.signal?.addEventListener('abort', onAbort, { once: true });
      });
    });
  }

  /** Answers of a stream. A reader that stops early cancels the call. */
  async *#responses(call: ClientReadableStream<object>, options: CallOptions): AsyncGenerator<object, void, undefined> {
    const onAbort = () => call.cancel();
    options.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      for await (const response of call) yield response as object;
    } catch (error) {
      throw this.#failure(error, options);
    } finally {
      options.signal?.removeEventListener('abort', onAbort);
      call.cancel();
    }
  }

  async #ready(options: CallOptions): Promise<void> {
    const { signal } = options;
    signal?.throwIfAborted();
    const ready = this.defaults.waitForReady(options.timeoutMs);
    // It may be the server that a caller no longer waits for.
    await (signal ? abortable(ready, signal) : ready);
    signal?.throwIfAborted();
  }

  #failure(error: unknown, { signal }: CallOptions): Error {
    return fromServiceError(signal?.aborted ? signal.reason : error, this.#method);
  }

  #metadata(options: CallOptions): Metadata {
    // The server may be restarting: the call waits for it within its deadline.
    const metadata = new Metadata({ waitForReady: true });
    const traceparent = currentTraceparent();
    if (traceparent) metadata.set('traceparent', traceparent);
    for (const [key, value] of Object.entries(options.metadata ?? {})) metadata.set(key, value);
    return metadata;
  }

  #grpcOptions({ timeoutMs }: CallOptions): GrpcCallOptions {
    return timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
  }

  #wire() {
    const { path, requestSerialize, responseDeserialize } = this.definition;
    const serialize = (message: object): Buffer => rememberedBytes(message) ?? requestSerialize(message);
    return [path, serialize, responseDeserialize] as const;
  }
}
