import { duration, flag } from '#libs/config';
import { parseCommandLine } from '#libs/service';
import { predictorOption } from '../shared/options.js';
import { ALIAS_OPTIONS, aliasAsStored, withRegistry } from '../shared/registry-access.js';
import { untilServed } from '../shared/until-served.js';

const OPTIONS = {
  ...ALIAS_OPTIONS,
  wait: ['--wait', flag({ default: false, description: 'return when the predictor answers by this version' })],
  address: predictorOption,
  timeout: [
    '--timeout <duration>',
    duration({ default: 120_000, defaultText: '2m', description: 'how long --wait waits' }),
  ],
} as const;

/** `sulcus promote VERSION`: moves an alias; the predictor serves the version once it is warm and checked. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = 'Moves an alias onto a model version, and records why.';
  const parsed = parseCommandLine(
    { name: 'sulcus promote', description, options: OPTIONS, operand: '<version>' },
    argv,
  );
  if (!parsed) return;
  const version = parsed.operand!;
  const { alias, reason, json, nats, wait, address, timeout } = parsed.options;
  await withRegistry('promote', nats, async (registry) => {
    const { record: before, revision } = await aliasAsStored(registry, alias);
    await registry.promote(alias, version, reason, revision);
    if (wait) await untilServed(address, { alias, version, timeoutMs: timeout });
    if (json) console.log(JSON.stringify({ alias, version, previousVersion: before?.version }));
    else if (before?.version === version) console.log(`${alias} is ${version} already`);
    else console.log(`${alias}: ${before?.version ?? 'none'} → ${version}`);
  });
}
