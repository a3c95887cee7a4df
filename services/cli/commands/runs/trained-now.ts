import { Streams, trainerConsumer, type Bus } from '#libs/bus';
import { SulcusError } from '#libs/errors';

/**
 * The runs whose trainer runs: it waits for batches. One that takes no more before its next checkpoint is not seen, nor
 * one that is cut off.
 */
export async function trainedNow(bus: Bus): Promise<{ has: (run: string) => boolean }> {
  const { consumers } = (await bus.stats())[Streams.BATCHES];
  const waiting = new Set(consumers.filter((consumer) => consumer.waiting > 0).map(({ name }) => name));
  return { has: (run) => waiting.has(trainerConsumer(run)) };
}

/** @throws CONFLICT naming the runs whose trainer runs: it would go on with nothing, as a new run */
export function assertAtRest(runs: readonly { run: string }[], trained: { has: (run: string) => boolean }): void {
  const busy = runs.filter(({ run }) => trained.has(run)).map(({ run }) => `"${run}"`);
  if (busy.length > 0)
    throw new SulcusError('CONFLICT', `A trainer goes on with ${busy.join(', ')}: stop it first; nothing was deleted`);
}
