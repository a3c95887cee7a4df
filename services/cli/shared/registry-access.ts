import { text } from '#libs/config';
import { isDamage } from '#libs/errors';
import { Registry, type AliasRecord } from '#libs/registry';
import { connectCommand } from './connect-command.js';
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
  await using bus = await connectCommand(natsUrl, name);
  return await work(new Registry(bus));
}

/**
 * Where an alias points, and the revision that it was read at: 0 for one that there is not yet, undefined for what is
 * no record of moves, which a promotion replaces.
 */
export async function aliasAsStored(
  registry: Registry,
  alias: string,
): Promise<{ record?: AliasRecord | undefined; revision: number | undefined }> {
  try {
    const record = await registry.alias(alias);
    return { record, revision: record?.revision ?? 0 };
  } catch (error) {
    if (!isDamage(error)) throw error;
    return { revision: undefined };
  }
}
