import type { Bus } from '#libs/bus';
import { SulcusError } from '#libs/errors';

/**
 * Claims a run for this trainer. Whoever claimed last owns it: a predecessor that is cut off, and not dead, learns of it
 * here and ends, instead of taking batches that are not meant for it. (Should it learn late, its checkpoints are refused.)
 *
 * @returns to be awaited beside the work: settles when the signal aborts, rejects with CONFLICT when the run is claimed by another trainer
 */
export async function claimRun(
  bus: Bus,
  run: string,
  instance: string,
  signal: AbortSignal,
): Promise<{ lost: Promise<void> }> {
  const claims = await bus.keyValue('checkpoints');
  const key = `owner.${run}`;
  await claims.put(key, Buffer.from(instance));
  const watch = async (): Promise<void> => {
    for await (const { key: changed, value } of claims.watch(key, signal)) {
      if (changed === key && value && value.toString() !== instance)
        throw new SulcusError('CONFLICT', `Another trainer has taken over run "${run}": ${value.toString()}`);
    }
  };
  return { lost: watch() };
}
