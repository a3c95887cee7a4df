import { setMaxListeners } from 'node:events';
import { SulcusError } from '#libs/errors';

/**
 * Runs pieces of work that are of use together only: when one fails the others are aborted, and all have ended before
 * it throws.
 *
 * @param start begins the work; each piece gives up when the signal it is handed aborts
 * @throws what `signal` aborts with, else what the first piece failed with
 */
export async function failFast<T>(
  signal: AbortSignal,
  start: (ended: AbortSignal) => readonly Promise<T>[],
): Promise<T[]> {
  const failed = new AbortController();
  const ended = AbortSignal.any([signal, failed.signal]);
  setMaxListeners(0, ended); // one per piece under way is the normal case, not a leak
  const pieces = start(ended).map((piece) =>
    piece.catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  const settled = await Promise.allSettled(pieces);
  if (signal.aborted) throw SulcusError.from(signal.reason);
  if (failed.signal.aborted) throw failed.signal.reason;
  return settled.map((result) => (result as PromiseFulfilledResult<T>).value);
}
