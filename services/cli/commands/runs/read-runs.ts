import type { Bus } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import { CheckpointStore, Registry } from '#libs/registry';
import { describeRun, type RunRecord } from './run-record.js';

/** Every run that has a checkpoint or a version, the one heard of last first. */
export async function readRuns(bus: Bus): Promise<RunRecord[]> {
  const store = new CheckpointStore(bus);
  const [withCheckpoint, cards] = await Promise.all([store.runs(), new Registry(bus).list()]);
  const names = [...new Set([...withCheckpoint, ...cards.map(({ run }) => run)])];
  const records = await Promise.all(
    names.map(async (run) => {
      const checkpoint = await store.describe(run);
      return describeRun(
        run,
        checkpoint,
        cards.filter((card) => card.run === run),
      );
    }),
  );
  return records.sort((a, b) => b.activeUnixMs - a.activeUnixMs);
}

/** The runs of these names, in this order. Throws NOT_FOUND naming those there are. */
export async function findRuns(bus: Bus, names: readonly string[]): Promise<RunRecord[]> {
  const runs = await readRuns(bus);
  return names.map((name) => {
    const found = runs.find(({ run }) => run === name);
    if (found) return found;
    const known = runs.length === 0 ? 'there is none yet' : `there are ${runs.map(({ run }) => run).join(', ')}`;
    throw new SulcusError('NOT_FOUND', `There is no run "${name}": ${known}`);
  });
}
