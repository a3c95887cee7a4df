import type { ServerDuplexStream, ServerUnaryCall } from '@grpc/grpc-js';
import type { Identity } from '#libs/access';
import { SulcusError } from '#libs/errors';

/** What grpc-js's four kinds of call object have in common. */
export type ServerCall = Pick<
  ServerUnaryCall<unknown, unknown> | ServerDuplexStream<unknown, unknown>,
  'cancelled' | 'metadata' | 'getPeer' | 'getDeadline' | 'getAuthContext' | 'once' | 'off'
>;

/** What a handler knows about its call beside the request. */
export interface CallContext {
  /** For example `sulcus.v1.Ingest/UploadImages`. */
  readonly method: string;
  /**
   * Aborts when the client cancels or goes away (reason CANCELLED) and when the deadline passes (DEADLINE_EXCEEDED).
   */
  readonly signal: AbortSignal;
  /** When the client stops waiting, milliseconds since the Unix epoch; Infinity without a deadline. */
  readonly deadlineUnixMs: number;
  /** Milliseconds until the deadline, at least 0; Infinity without one. */
  remainingMs(): number;
  /** Address of the client, `host:port`. */
  readonly peer: string;
  /** Who calls; undefined where the server asks nobody. */
  readonly identity?: Identity | undefined;
  /** First value of a text metadata key, in lower case. */
  metadata(key: string): string | undefined;
}

/** Builds the context of a call; `release` detaches it from the call once the handler is done. */
export function createCallContext(call: ServerCall, method: string): { context: CallContext; release: () => void } {
  const controller = new AbortController();
  const deadline = call.getDeadline();
  const deadlineUnixMs = typeof deadline === 'number' ? deadline : deadline.getTime();

  const onCancelled = () => {
    controller.abort(
      Date.now() >= deadlineUnixMs
        ? new SulcusError('DEADLINE_EXCEEDED', 'The deadline of the call has passed')
        : new SulcusError('CANCELLED', 'The client ended the call'),
    );
  };
  call.once('cancelled', onCancelled);
  if (call.cancelled) onCancelled();

  return {
    context: {
      method,
      signal: controller.signal,
      deadlineUnixMs,
      remainingMs: () => Math.max(0, deadlineUnixMs - Date.now()),
      peer: call.getPeer(),
      metadata: (key) => {
        const value = call.metadata.get(key)[0];
        return typeof value === 'string' ? value : undefined;
      },
    },
    // grpc-js reports 'cancelled' for completed calls too: a finished handler must not see its signal abort.
    release: () => call.off('cancelled', onCancelled),
  };
}
