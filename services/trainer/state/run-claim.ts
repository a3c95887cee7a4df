import type { Bus, KeyValue } from '#libs/bus';
import { pause } from '#libs/async';
import { SulcusError } from '#libs/errors';
import { runKeys } from '#libs/registry';

/** A run that belongs to this trainer until another one claims it. */
export interface RunClaim {
  /** Resolves when the signal aborts. Throws CONFLICT when another trainer has claimed the run, before or meanwhile. */
  keep: (signal: AbortSignal) => Promise<void>;
}

/** A claim is written again so often: by its age the archiver sees whether the run still needs its scans. */
const SIGN_OF_LIFE_MS = 3_600_000;

/**
 * Claims a run for this trainer. Whoever claimed last owns it: a predecessor that is cut off and not dead learns of it
 * and ends, instead of taking batches that are not meant for it. (Should it learn late, its checkpoints are refused.)
 *
 * @param options `signOfLifeMs`: how often the claim is written again while it is kept
 */
export async function claimRun(
  bus: Bus,
  run: string,
  instance: string,
  { signOfLifeMs = SIGN_OF_LIFE_MS }: { signOfLifeMs?: number } = {},
): Promise<RunClaim> {
  const claims = await bus.keyValue('checkpoints');
  const key = runKeys.owner(run);
  await claims.put(key, Buffer.from(instance));
  const keep = async (signal: AbortSignal): Promise<void> => {
    void showLife(claims, key, instance, signOfLifeMs, signal);
    for await (const { key: changed, value } of claims.watch(key, signal)) {
      if (changed === key && value && value.toString() !== instance)
        throw new SulcusError('CONFLICT', `Another trainer has taken over run "${run}": ${value.toString()}`);
    }
  };
  return { keep };
}

/** Never throws: a broker that is away is asked again the next time, and another owner is noticed by the watch. */
async function showLife(
  claims: KeyValue,
  key: string,
  instance: string,
  signOfLifeMs: number,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await pause(signOfLifeMs, signal);
    if (signal.aborted) return;
    try {
      const claim = await claims.get(key);
      if (claim?.value.toString() === instance) await claims.update(key, claim.value, claim.revision);
    } catch {
      // The claim keeps its age for another hour.
    }
  }
}
