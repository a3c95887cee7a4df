import { connectBus } from '#libs/bus';
import { text } from '#libs/config';
import { Registry } from '#libs/registry';
import { jsonOption, natsOption } from './options.js';

/** Options of the commands that decide about an alias. */
export const ALIAS_OPTIONS = {
  /** The one that answers callers unless the predictor is told otherwise. */
  alias: ['--alias <name>', text({ default: 'champion', description: 'alias to move: champion answers callers' })],
  reason: ['--reason <text>', text({ description: 'why, for the record' })],
  json: jsonOption('write JSON instead of a sentence'),
  nats: natsOption,
} as const;

/** Runs a command's work on the registry. @throws BUS_UNAVAILABLE when there is no NATS server */
export async function withRegistry<T>(
  name: string,
  natsUrl: string,
  work: (registry: Registry) => Promise<T>,
): Promise<T> {
  await using bus = await connectBus({ servers: natsUrl, name });
  return await work(new Registry(bus));
}
