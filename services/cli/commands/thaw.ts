import { parseCommandLine } from '#libs/service';
import { ALIAS_OPTIONS, withRegistry } from '../shared/registry-access.js';

/** `sulcus thaw`. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = 'Lets trainers move a frozen alias again.';
  const parsed = parseCommandLine({ name: 'sulcus thaw', description, options: ALIAS_OPTIONS }, argv);
  if (!parsed) return;
  const { alias, reason, json, nats } = parsed.options;
  await withRegistry('thaw', nats, async (registry) => {
    const thawed = await registry.thaw(alias, reason);
    if (json) console.log(JSON.stringify({ alias, thawed }));
    else console.log(thawed ? `${alias} may move again` : `${alias} was not frozen`);
  });
}
