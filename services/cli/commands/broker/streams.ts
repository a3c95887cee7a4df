import { connectBus, limitsEnvironment, readStateId } from '#libs/bus';
import { parseCommandLine } from '#libs/service';
import { natsOption } from '../../shared/options.js';

/** `sulcus broker streams`: what services may not do where the broker has accounts. */
export async function main(argv: readonly string[]): Promise<void> {
  const description =
    'Makes the streams that are missing, and gives those that exist the sizes and ages that are set. Where a broker ' +
    'has accounts the operator alone may do so: before the services start for the first time.';
  const parsed = parseCommandLine(
    { name: 'sulcus broker streams', description, options: { nats: natsOption }, environment: limitsEnvironment },
    argv,
  );
  if (!parsed) return;
  await using bus = await connectBus({ servers: parsed.options.nats, name: 'broker' });
  await bus.ensureTopology();
  // By which services know that it is the same broker later: they may not write it either.
  await readStateId(bus);
  console.log('The streams are there');
}
