import { parseCommandLine } from '#libs/service';
import { ALIAS_OPTIONS, aliasAsStored, withRegistry } from '../shared/registry-access.js';

/** `sulcus freeze`. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = 'Keeps an alias where it is: trainers move it no more until it is thawed. People still can.';
  const parsed = parseCommandLine({ name: 'sulcus freeze', description, options: ALIAS_OPTIONS }, argv);
  if (!parsed) return;
  const { alias, reason, json, nats } = parsed.options;
  await withRegistry('freeze', nats, async (registry) => {
    const { sinceUnixMs } = await registry.freeze(alias, reason);
    const version = (await aliasAsStored(registry, alias)).record?.version;
    if (json) console.log(JSON.stringify({ alias, version, reason, sinceUnixMs }));
    else if (version === undefined)
      console.log(`${alias} points to no version yet: the first takes it all the same, and stays until sulcus thaw`);
    else console.log(`${alias} stays on ${version} until sulcus thaw`);
  });
}
