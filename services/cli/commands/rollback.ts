import { parseCommandLine } from '#libs/service';
import { ALIAS_OPTIONS, withRegistry } from '../shared/registry-access.js';

/** `sulcus rollback`: undoes the last promotion of an alias that still stands. */
export async function main(argv: readonly string[]): Promise<void> {
  const description =
    'Moves an alias back to where it was before its last promotion, and records why. Each call goes one further back.';
  const parsed = parseCommandLine({ name: 'sulcus rollback', description, options: ALIAS_OPTIONS }, argv);
  if (!parsed) return;
  const { alias, reason, json, nats } = parsed.options;
  await withRegistry('rollback', nats, async (registry) => {
    const before = await registry.alias(alias);
    const { version } = await registry.rollback(alias, reason);
    if (json) console.log(JSON.stringify({ alias, version, previousVersion: before?.version }));
    else console.log(`${alias}: ${before?.version} → ${version}`);
  });
}
