import type { Bus } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import { CheckpointStore, Registry } from '#libs/registry';
import { describeRun, type RunRecord } from './run-record.js';

/** Is told of a run whose checkpoint cannot be read, and why. */
export type OnBadCheckpoint = (run: string, error: SulcusError) => void;

/**
 * Every run that has a checkpoint or a version, the one heard of last first.
 *
 * @param onBad told of runs whose checkpoint cannot be read: of these what their versions say. Default: it is thrown
 */
export async function readRuns(bus: Bus, onBad?: OnBadCheckpoint): Promise<RunRecord[]> {
  const store = new CheckpointStore(bus);
  const [withCheckpoint, cards] = await Promise.all([store.runs(), new Registry(bus).list()]);
  const names = [...new Set([...withCheckpoint, ...cards.map(({ run }) => run)])];
  const records = await Promise.all(
    names.map(async (run) => {
      const checkpoint = await store.describe(run).catch((thrown: unknown) => {
        const failure = SulcusError.from(thrown);
        if (!onBad || failure.transient) throw failure;
        onBad(run, failure);
        return undefined;
      });
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
