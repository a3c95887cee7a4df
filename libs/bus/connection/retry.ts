import { retryWithBackoff, waitFor } from '#libs/async';
import type { SulcusError } from '#libs/errors';
import { cancelled, type Connection } from './connection.js';
import { busError } from './errors.js';

/** How long a request that may be repeated is tried over broker restarts before the caller is told. */
const RETRY_TIMEOUT_MS = 30_000;

/** How long a request to the broker waits. */
export interface RequestOptions {
  signal?: AbortSignal;
  /** Time that a broker which is away is waited for, in milliseconds; 0: one attempt. Default: 30 s. */
  retryTimeoutMs?: number;
  /** True: a full stream and a full disk are waited for in the same way. Default: the caller is told at once. */
  whileFull?: boolean;
  /** Told of each failure behind which there is a pause and another attempt. */
  onRetry?: (failure: SulcusError) => void;
}

/** True while waiting for the broker can help. */
export const mayComeBack = ({ nats }: Connection, failure: SulcusError): boolean =>
  failure.code === 'BUS_UNAVAILABLE' && !nats.isClosed();

/**
 * Asks the broker for something that may be asked for twice, again and again while it is away.
 *
 * @param doing what is tried, as the beginning of an error message
 * @param request gets the number of the attempt, from 1
 * @throws the signal's reason after an abort; why the connection ended; else what the broker said last
 */
export async function requestWithRetry<T>(
  connection: Connection,
  doing: string,
  request: (attempt: number) => Promise<T>,
  { signal, retryTimeoutMs = RETRY_TIMEOUT_MS, whileFull = false, onRetry }: RequestOptions = {},
): Promise<T> {
  const attempt = async (count: number): Promise<T> => {
    if (signal?.aborted) throw cancelled(signal);
    if (connection.end) throw connection.end;
    try {
      return await connection.answer(request(count), signal);
    } catch (error) {
      throw busError(error, doing);
    }
  };
  const retried = retryWithBackoff(attempt, {
    signal,
    timeoutMs: retryTimeoutMs,
    shouldRetry: (failure) =>
      mayComeBack(connection, failure) || (whileFull && failure.transient && !connection.nats.isClosed()),
    onRetry,
  });
  return await waitFor(`the broker (${doing.replace(/^Could not /, 'to ')})`, retried);
}
