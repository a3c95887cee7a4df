import pRetry from 'p-retry';
import { isTransient, SulcusError } from '#libs/errors';

export interface RetryOptions {
  /** Time after which the last failure is thrown, in milliseconds. Default: none. */
  timeoutMs?: number;
  /** Attempts, the first included, after which the last failure is thrown. Default: any number. */
  maxAttempts?: number;
  /** Longest pause behind the first failure, in milliseconds; it doubles from failure to failure. Default: 100. */
  firstDelayMs?: number;
  /** Longest pause of all, in milliseconds. Default: 2,000. */
  maxDelayMs?: number;
  /** Ends the pauses. An attempt under way is ended by whoever gave the signal to it. */
  signal?: AbortSignal;
  /** Which failures are worth another attempt. Default: those of a code that is transient, see {@link isTransient}. */
  shouldRetry?: (failure: SulcusError) => boolean;
  /** Told of each failure, counted from 1, behind which there is a pause and another attempt. */
  onRetry?: (failure: SulcusError, attempt: number) => void;
}

/**
 * Runs `work` until it succeeds, with growing pauses behind failures that may pass. Each pause is a random half to
 * whole of the longest, so that callers refused together do not come back together. There is always a first attempt.
 *
 * @param work gets the number of the attempt, from 1
 * @throws what `work` threw last; the signal's reason as a SulcusError when it ended a pause
 */
export async function retryWithBackoff<T>(
  work: (attempt: number) => Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const startedMs = performance.now();
  try {
    return await work(1);
  } catch (failure) {
    if (options.signal?.aborted) throw failure;
    return await retryAfter(failure, work, options, performance.now() - startedMs);
  }
}

/** Goes on after the first attempt: one that succeeds, as most do, costs nothing of what p-retry does. */
async function retryAfter<T>(
  failure: unknown,
  work: (attempt: number) => Promise<T>,
  {
    timeoutMs = Infinity,
    maxAttempts = Infinity,
    firstDelayMs = 100,
    maxDelayMs = 2000,
    signal,
    shouldRetry = isTransient,
    onRetry,
  }: RetryOptions,
  elapsedMs: number,
): Promise<T> {
  // p-retry throws away what an attempt returns after an abort.
  let succeeded: { value: T } | undefined;
  const attempt = async (count: number): Promise<void> => {
    if (count === 1) throw failure;
    succeeded = { value: await work(count) };
  };
  try {
    await pRetry(attempt, {
      retries: maxAttempts - 1,
      maxRetryTime: Math.max(0, timeoutMs - elapsedMs),
      minTimeout: firstDelayMs / 2,
      maxTimeout: maxDelayMs * (0.5 + Math.random() / 2),
      randomize: true,
      signal,
      shouldRetry: ({ error, attemptNumber }) => {
        const thrown = SulcusError.from(error);
        if (signal?.aborted || !shouldRetry(thrown)) return false;
        onRetry?.(thrown, attemptNumber);
        return true;
      },
    });
  } catch (error) {
    if (!succeeded) throw signal?.aborted && error === signal.reason ? SulcusError.from(error) : error;
  }
  return succeeded!.value;
}
