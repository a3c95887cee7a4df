import { connectBus } from '#libs/bus';
import { optional, parseEnvironment, text } from '#libs/config';
import { Registry } from '#libs/registry';

/** Where the registry is, for commands about model versions. */
export const registryEnvironment = {
  natsUrl: ['SULCUS_NATS_URL', text({ default: 'nats://127.0.0.1:4222', description: 'NATS server' })],
} as const;

/** The same as an option. */
export const natsOption = [
  '--nats <url>',
  optional(text({ description: 'NATS server (default: SULCUS_NATS_URL)' })),
] as const;

/** Alias that answers callers unless the predictor is told otherwise. */
export const aliasOption = [
  '--alias <name>',
  text({ default: 'champion', description: 'alias to move: champion answers callers' }),
] as const;

/** Runs a command's work on the registry. @throws BUS_UNAVAILABLE when there is no NATS server */
export async function withRegistry<T>(
  name: string,
  natsUrl: string | undefined,
  work: (registry: Registry) => Promise<T>,
): Promise<T> {
  await using bus = await connectBus({ servers: natsUrl ?? parseEnvironment(registryEnvironment).natsUrl, name });
  return await work(new Registry(bus));
}
