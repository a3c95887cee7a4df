import { blobOwners, Streams, subjects, withdrawRetention, type Bus } from '#libs/bus';
import { duration, optional } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { CheckpointStore, Registry, runKeys } from '#libs/registry';
import { parseCommandLine } from '#libs/service';
import { connectCommand } from '../../shared/connect-command.js';
import { natsOption } from '../../shared/options.js';
import { assertAtRest, trainedNow } from './trained-now.js';
import { findRuns, readRuns } from './read-runs.js';

const OPTIONS = {
  olderThanMs: [
    '--older-than <time>',
    optional(duration({ description: 'delete every run not heard of for so long, for example 30d' })),
  ],
  nats: natsOption,
} as const;

/** `sulcus runs delete RUN…`: forgets runs that nobody goes on with. */
export async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseCommandLine(
    {
      name: 'sulcus runs delete',
      description: 'Deletes checkpoints, waiting batches and versions of runs that nobody goes on with.',
      options: OPTIONS,
      operand: '[run...]',
      notes:
        'Versions that an alias points to, or would go back to, stay. A run whose trainer runs is refused: stop ' +
        'that one first. --older-than passes it over.',
    },
    argv,
  );
  if (!parsed) return;
  const { olderThanMs, nats } = parsed.options;
  if ((olderThanMs === undefined) === (parsed.operands.length === 0))
    throw new SulcusError('INVALID_CONFIG', 'give runs, or --older-than: sulcus runs lists them');
  await using bus = await connectCommand(nats, 'runs');
  const trained = await trainedNow(bus);
  const isOld = ({ run, activeUnixMs }: { run: string; activeUnixMs: number }, ageMs: number): boolean =>
    Date.now() - activeUnixMs > ageMs && !trained.has(run);
  const runs =
    olderThanMs === undefined
      ? await findRuns(bus, parsed.operands)
      : (await readRuns(bus)).filter((each) => isOld(each, olderThanMs));
  assertAtRest(runs, trained);
  if (runs.length === 0) console.log('No run is that old');
  for (const { run } of runs) {
    const { deleted, kept } = await deleteRun(bus, run);
    const stay = kept.length > 0 ? `; ${kept.join(', ')} ${kept.length === 1 ? 'stays' : 'stay'}: in use` : '';
    console.log(`${run}: deleted with ${deleted.length} versions${stay}`);
  }
}

async function deleteRun(bus: Bus, run: string): Promise<{ deleted: string[]; kept: string[] }> {
  await new CheckpointStore(bus).delete(run);
  for (const [stream, subject] of [
    [Streams.BATCH_REQUESTS, subjects.batchRequest(run)],
    [Streams.BATCHES, subjects.batch(run)],
  ] as const)
    await bus.deleteSubject(stream, subject);
  await bus.deleteOwnedBlobs(blobOwners.batch(run));
  // Nothing of it may look like a run that lives: the archiver would keep its scans.
  await withdrawRetention(bus, run);
  const checkpoints = await bus.keyValue('checkpoints');
  for (const key of Object.values(runKeys)) await checkpoints.delete(key(run));
  return new Registry(bus).deleteRun(run);
}
