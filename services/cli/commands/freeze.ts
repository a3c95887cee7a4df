import { text } from '#libs/config';
import { parseCommandLine } from '#libs/service';
import { jsonOption, natsOption } from '../shared/options.js';
import { aliasOption, withRegistry } from '../shared/registry-access.js';

const OPTIONS = {
  alias: aliasOption,
  reason: ['--reason <text>', text({ description: 'why, for the record' })],
  json: jsonOption('write JSON instead of a sentence'),
  nats: natsOption,
} as const;

/** `sulcus freeze`. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = 'Keeps an alias where it is: trainers move it no more until it is thawed. People still can.';
  const parsed = parseCommandLine({ name: 'sulcus freeze', description, options: OPTIONS }, argv);
  if (!parsed) return;
  const { alias, reason, json, nats } = parsed.options;
  await withRegistry('freeze', nats, async (registry) => {
    const { sinceUnixMs } = await registry.freeze(alias, reason);
    const version = (await registry.alias(alias))?.version;
    if (json) console.log(JSON.stringify({ alias, version, reason, sinceUnixMs }));
    else console.log(`${alias} stays on ${version ?? 'no version yet'} until sulcus thaw`);
  });
}
