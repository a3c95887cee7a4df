import { parseCommandLine } from '#libs/service';
import { ALIAS_OPTIONS, withRegistry } from '../shared/registry-access.js';

/** `sulcus promote VERSION`: moves an alias; the predictor serves the version once it is warm and checked. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = 'Moves an alias onto a model version, and records why.';
  const parsed = parseCommandLine(
    { name: 'sulcus promote', description, options: ALIAS_OPTIONS, operand: '<version>' },
    argv,
  );
  if (!parsed) return;
  const version = parsed.operand!;
  const { alias, reason, json, nats } = parsed.options;
  await withRegistry('promote', nats, async (registry) => {
    const before = await registry.alias(alias);
    await registry.promote(alias, version, reason, before?.revision ?? 0);
    if (json) console.log(JSON.stringify({ alias, version, previousVersion: before?.version }));
    else if (before?.version === version) console.log(`${alias} is ${version} already`);
    else console.log(`${alias}: ${before?.version ?? 'none'} → ${version}`);
  });
}
