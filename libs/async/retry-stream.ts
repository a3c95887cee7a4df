import { retryWithBackoff, type RetryOptions } from './retry.js';

/**
 * Yields what `open` gives. When that fails in a way that may pass, it is opened again after a pause; pauses and the
 * time of `timeoutMs` begin afresh with every item. It is up to `open` to go on where it stopped. Ends, whatever fails,
 * when `signal` has aborted.
 *
 * @throws as {@link retryWithBackoff}
 */
export async function* retryStream<T>(
  open: () => AsyncIterable<T>,
  options: RetryOptions = {},
): AsyncGenerator<T, void, undefined> {
  let iterator: AsyncIterator<T> | undefined;
  const next = async (): Promise<IteratorResult<T>> => {
    iterator ??= open()[Symbol.asyncIterator]();
    try {
      return await iterator.next();
    } catch (error) {
      iterator = undefined;
      throw error;
    }
  };
  try {
    for (;;) {
      const result = await retryWithBackoff(next, options);
      if (result.done) return;
      yield result.value;
    }
  } catch (error) {
    if (!options.signal?.aborted) throw error;
  } finally {
    await iterator?.return?.();
  }
}
