import { setMaxListeners } from 'node:events';
import { SulcusError } from '#libs/errors';
import { waitFor } from './waits.js';

/** A part of a whole: works until it is done, or until the signal tells it to stop. */
export type Task = (stop: AbortSignal) => Promise<void>;

/**
 * Runs work with the companions it needs: they end with it, and the first failure of any part ends all. Every part must
 * heed the stop signal it is given, whatever it waits for: nothing is left running when this settles.
 *
 * @param signal stops all parts; being cut off by it is no failure
 * @throws the first failure
 */
export async function runTogether(
  { work, companions }: { work: Task; companions: readonly Task[] },
  signal: AbortSignal,
): Promise<void> {
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  // One listener for each request under way is the normal case, not a leak.
  setMaxListeners(0, stop);
  const failures: unknown[] = [];
  const run = async (task: Task): Promise<void> => {
    try {
      await task(stop);
    } catch (error) {
      if (stop.aborted && SulcusError.from(error).code === 'CANCELLED') return;
      failures.push(error);
      ended.abort();
    }
  };
  const running = companions.map(run);
  await run(work);
  ended.abort();
  await waitFor('what runs beside the work to end', Promise.all(running));
  if (failures.length > 0) throw failures[0];
}
