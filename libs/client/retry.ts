import { retryWithBackoff } from '#libs/async';
import { SulcusError } from '#libs/errors';

/**
 * Whether the same prediction can be asked for again: the predictor is away, starting, full, or its engine died. Not
 * after a deadline, a cancellation or an unexplained failure: those would most likely repeat themselves at the same
 * cost.
 */
export function mayRetry(error: SulcusError): boolean {
  return error.transient || error.code === 'ENGINE_FAILED';
}

/**
 * Asks until there is an answer, see {@link retryWithBackoff}.
 *
 * @param ask gets the time that is left for it, in milliseconds
 * @throws a failure that is none to ask again after; when the time is over, what the predictor said last, which tells
 * more than that it is over; CANCELLED by `signal`
 */
export async function requestWithRetry<T>(
  ask: (timeoutMs: number) => Promise<T>,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  let said: SulcusError | undefined;
  try {
    return await retryWithBackoff(() => ask(Math.max(1, deadlineMs - performance.now())), {
      timeoutMs,
      signal,
      shouldRetry: mayRetry,
      onRetry: (failure) => (said = failure),
    });
  } catch (thrown) {
    const error = SulcusError.from(thrown);
    throw error.code === 'DEADLINE_EXCEEDED' && said ? said : error;
  }
}
