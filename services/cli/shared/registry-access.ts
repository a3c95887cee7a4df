import { connectBus } from '#libs/bus';
import { text } from '#libs/config';
import { Registry } from '#libs/registry';

/** Alias that answers callers unless the predictor is told otherwise. */
export const aliasOption = [
  '--alias <name>',
  text({ default: 'champion', description: 'alias to move: champion answers callers' }),
] as const;

/** Runs a command's work on the registry. @throws BUS_UNAVAILABLE when there is no NATS server */
export async function withRegistry<T>(
  name: string,
  natsUrl: string,
  work: (registry: Registry) => Promise<T>,
): Promise<T> {
  await using bus = await connectBus({ servers: natsUrl, name });
  return await work(new Registry(bus));
}
