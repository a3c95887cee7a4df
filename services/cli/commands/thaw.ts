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

/** `sulcus thaw`. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = 'Lets trainers move a frozen alias again.';
  const parsed = parseCommandLine({ name: 'sulcus thaw', description, options: OPTIONS }, argv);
  if (!parsed) return;
  const { alias, reason, json, nats } = parsed.options;
  await withRegistry('thaw', nats, async (registry) => {
    const thawed = await registry.thaw(alias, reason);
    if (json) console.log(JSON.stringify({ alias, thawed }));
    else console.log(thawed ? `${alias} may move again` : `${alias} was not frozen`);
  });
}
