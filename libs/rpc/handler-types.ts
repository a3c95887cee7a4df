import type {
  CallOptions as GrpcCallOptions,
  ClientDuplexStream,
  ClientReadableStream,
  requestCallback,
  sendUnaryData,
  ServerDuplexStream,
  ServerReadableStream,
} from '@grpc/grpc-js';
import type { CallContext } from './call-context.js';

/**
 * Types of our handlers and clients, derived from what `proto-loader-gen-types` generates. The generated types say
 * how a method streams by the kind of call object it gets; here that becomes promises and async iterables.
 */

/**
 * The methods of a generated interface: its index signature and inherited members dropped, first letter in lower case.
 */
type MethodNames<T> = keyof {
  [K in keyof T as string extends K ? never : number extends K ? never : K extends string ? K : never]: T[K];
} &
  string;

// ---- server side

type AsyncHandler<H> = H extends (...args: infer Args) => void
  ? Args extends [infer Call, sendUnaryData<infer Response>]
    ? (requests: RequestsOf<Call>, context: CallContext) => Promise<Response>
    : Args extends [infer Call]
      ? (requests: RequestsOf<Call>, context: CallContext) => AsyncIterable<WrittenTo<Call>>
      : never
  : never;

/** One message, or a stream of them. */
type RequestsOf<Call> = Call extends { request: infer Request } ? Request : AsyncIterable<ReadFrom<Call>>;

/**
 * Node's own `read()` returns any and hides the message type, so the alias's arguments are asked; duplex first, being
 * the narrower.
 */
type ReadFrom<Call> =
  Call extends ServerDuplexStream<infer Message, infer _>
    ? Message
    : Call extends ServerReadableStream<infer Message, infer _>
      ? Message
      : Call extends ClientDuplexStream<infer _, infer Message>
        ? Message
        : Call extends ClientReadableStream<infer Message>
          ? Message
          : never;

type WrittenTo<Call> = Call extends { write(chunk: infer Message, encoding?: unknown, callback?: never): boolean }
  ? Message
  : never;

/** Handlers of a service as plain async functions and async generators, from its generated `XxxHandlers`. */
export type ServiceHandlers<GeneratedHandlers> = {
  [K in MethodNames<GeneratedHandlers> as Uncapitalize<K>]: AsyncHandler<GeneratedHandlers[K]>;
};

// ---- client side

/** What a caller may set on one call. */
export interface CallOptions {
  /** Ends the call: the promise rejects, or the iteration throws, with CANCELLED (or the signal's own SulcusError). */
  signal?: AbortSignal;
  /**
   * Time the whole call may take, in milliseconds. Default: the client's `timeoutMs` for single calls, none for
   * streams.
   */
  timeoutMs?: number;
  /** Metadata sent with the call. */
  metadata?: Readonly<Record<string, string>>;
}

type AsyncMethod<M> = M extends (...args: infer Args) => infer Call
  ? Args extends [argument: infer Request, callback: requestCallback<infer Response>]
    ? (request: Request, options?: CallOptions) => Promise<Response>
    : Args extends [callback: requestCallback<infer Response>]
      ? (
          requests: AsyncIterable<WrittenTo<Call>> | Iterable<WrittenTo<Call>>,
          options?: CallOptions,
        ) => Promise<Response>
      : Args extends [argument: infer Request, options?: GrpcCallOptions]
        ? (request: Request, options?: CallOptions) => AsyncIterable<ReadFrom<Call>>
        : (
            requests: AsyncIterable<WrittenTo<Call>> | Iterable<WrittenTo<Call>>,
            options?: CallOptions,
          ) => AsyncIterable<ReadFrom<Call>>
  : never;

/** Methods of a service as promises and async iterables, from its generated `XxxClient` and `XxxHandlers`. */
export type ServiceMethods<GeneratedClient, GeneratedHandlers> = {
  [K in MethodNames<GeneratedHandlers> as Uncapitalize<K>]: K extends keyof GeneratedClient
    ? AsyncMethod<GeneratedClient[K]>
    : never;
};

// ---- without types

/** A handler of a service known only at run time: its definition, not the compiler, knows the message types. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type UntypedHandler = (requests: any, context: CallContext) => Promise<unknown> | AsyncIterable<unknown>;

export type UntypedHandlers = Readonly<Record<string, UntypedHandler>>;
