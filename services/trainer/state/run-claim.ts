import type { Bus } from '#libs/bus';
import { SulcusError } from '#libs/errors';

/** A run that belongs to this trainer until another one claims it. */
export interface RunClaim {
  /** Resolves when the signal aborts. Throws CONFLICT when another trainer has claimed the run, before or meanwhile. */
  keep: (signal: AbortSignal) => Promise<void>;
}

/**
 * Claims a run for this trainer. Whoever claimed last owns it: a predecessor that is cut off and not dead learns of it
 * and ends, instead of taking batches that are not meant for it. (Should it learn late, its checkpoints are refused.)
 */
export async function claimRun(bus: Bus, run: string, instance: string): Promise<RunClaim> {
  const claims = await bus.keyValue('checkpoints');
  const key = `owner.${run}`;
  await claims.put(key, Buffer.from(instance));
  const keep = async (signal: AbortSignal): Promise<void> => {
    for await (const { key: changed, value } of claims.watch(key, signal)) {
      if (changed === key && value && value.toString() !== instance)
        throw new SulcusError('CONFLICT', `Another trainer has taken over run "${run}": ${value.toString()}`);
    }
  };
  return { keep };
}
