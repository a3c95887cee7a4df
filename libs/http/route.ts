import type { IncomingMessage } from 'node:http';
import type { Identity } from '#libs/access';
import type { Body } from './bodies.js';

/** What a handler is asked. */
export interface HttpCall {
  readonly request: IncomingMessage;
  /** Its body as it comes: read this, and not the request. */
  readonly body: Body;
  /** Groups of the route's path. */
  readonly params: readonly string[];
  /** Who calls; undefined where the server asks nobody. */
  readonly identity: Identity | undefined;
  /** Address of the caller. */
  readonly peer: string;
  /** Aborts when the caller goes away, and when the call has to make room for another. */
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  status: number;
  /** Default: application/json. */
  contentType?: string;
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a text as it is. */
  body: unknown;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** Of the path alone, from its beginning to its end. */
  readonly path: RegExp;
  /** Name of the call in access rules, for example `dicomweb/StoreInstances`. */
  readonly operation: string;
  readonly handle: (call: HttpCall) => Promise<HttpAnswer>;
  /** How an error is told. Default: `{ code, message }` with the status of its code. */
  readonly onError?: (error: Error) => HttpAnswer;
}
