import { text } from '#libs/config';
import { parseCommandLine } from '#libs/service';
import { natsOption } from '../shared/options.js';
import { aliasOption, withRegistry } from '../shared/registry-access.js';

const OPTIONS = {
  alias: aliasOption,
  reason: ['--reason <text>', text({ description: 'why, for the record' })],
  nats: natsOption,
} as const;

/** `sulcus promote VERSION`: moves an alias onto a version; the predictor takes it into service when it is warm and checked. */
export async function promoteMain(argv: readonly string[]): Promise<void> {
  const parsed = parseCommandLine(
    {
      name: 'sulcus promote',
      description: 'Moves an alias onto a model version, and records why.',
      options: OPTIONS,
      operand: '<version>',
    },
    argv,
  );
  if (!parsed) return;
  const {
    operand: version,
    options: { alias, reason, nats },
  } = parsed;
  await withRegistry('promote', nats, async (registry) => {
    const before = await registry.alias(alias);
    await registry.promote(alias, version!, reason, before?.revision ?? 0);
    console.log(
      before?.version === version
        ? `${alias} is ${version} already`
        : `${alias}: ${before?.version ?? 'none'} → ${version}`,
    );
  });
}

/** `sulcus rollback`: undoes the last promotion of an alias. */
export async function rollbackMain(argv: readonly string[]): Promise<void> {
  const parsed = parseCommandLine(
    {
      name: 'sulcus rollback',
      description: 'Moves an alias back to where it was before its last promotion, and records why.',
      options: OPTIONS,
    },
    argv,
  );
  if (!parsed) return;
  const { alias, reason, nats } = parsed.options;
  await withRegistry('rollback', nats, async (registry) => {
    const before = await registry.alias(alias);
    const { version } = await registry.rollback(alias, reason);
    console.log(`${alias}: ${before?.version} → ${version}`);
  });
}
