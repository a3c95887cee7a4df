import { limitsEnvironment, readStateId, restoreStateId } from '#libs/bus';
import { optional, text } from '#libs/config';
import { parseCommandLine } from '#libs/service';
import { connectCommand } from '../../shared/connect-command.js';
import { natsOption } from '../../shared/options.js';

const OPTIONS = {
  stateId: [
    '--state-id <id>',
    optional(text({ description: 'the identity of the state, where the broker has lost it (STATE_MISMATCH says it)' })),
  ],
  nats: natsOption,
} as const;

/** `sulcus broker streams`: what services may not do where the broker has accounts. */
export async function main(argv: readonly string[]): Promise<void> {
  const description =
    'Makes the streams that are missing, and gives those that exist the sizes and ages that are set. Where a broker ' +
    'has accounts the operator alone may do so: before the services start for the first time.';
  const parsed = parseCommandLine(
    { name: 'sulcus broker streams', description, options: OPTIONS, environment: limitsEnvironment },
    argv,
  );
  if (!parsed) return;
  await using bus = await connectCommand(parsed.options.nats, 'broker');
  await bus.ensureTopology();
  if (parsed.options.stateId !== undefined) await restoreStateId(bus, parsed.options.stateId);
  // By which services know that it is the same broker later: they may not write it either.
  const id = await readStateId(bus);
  console.log(`The streams are there; the state is ${id}`);
}
