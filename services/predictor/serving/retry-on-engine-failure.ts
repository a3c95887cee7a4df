import { retryWithBackoff, type RetryOptions } from '#libs/async';

/** Tries work again at once when the engine under it died: the next attempt waits for the engine that replaces it. */
export function retryOnEngineFailure<T>(
  options: Required<Pick<RetryOptions, 'maxAttempts' | 'signal'>> & Pick<RetryOptions, 'onRetry'>,
  work: (attempt: number) => Promise<T>,
): Promise<T> {
  const shouldRetry: RetryOptions['shouldRetry'] = ({ code }) => code === 'ENGINE_FAILED';
  return retryWithBackoff(work, { ...options, firstDelayMs: 0, maxDelayMs: 0, shouldRetry });
}
