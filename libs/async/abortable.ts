import { once } from 'node:events';
import { SulcusError } from '#libs/errors';

/**
 * The outcome of work that goes on by itself, unless `signal` aborts first: whoever gives up does not wait for it.
 *
 * @throws the signal's reason as a SulcusError; what the work throws
 */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return await new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(SulcusError.from(signal.reason));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Resolves when `signal` aborts, at once when it has. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
