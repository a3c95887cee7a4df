import type { ErrorCode, ErrorDetails } from '#libs/errors';

/** Functions that a thread serves: each takes one argument that can be cloned. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- `ThreadClient.call` keeps each function's own types
export type ThreadMethods = Record<string, (argument: any) => Promise<unknown>>;

export interface ThreadRequest {
  id: number;
  name: string;
  argument: unknown;
}

export type ThreadReply =
  | { id: number; value: unknown }
  | { id: number; error: { code: ErrorCode; message: string; details: ErrorDetails } };
