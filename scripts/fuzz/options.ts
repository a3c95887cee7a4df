import { integer, list, text, flag } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { parseCommandLine } from '#libs/service';
import { TARGETS } from './targets.js';

const names = TARGETS.map(({ name }) => name);

const options = {
  inputs: [
    '--inputs <n>',
    integer({ min: 1, max: 100_000_000, default: 2000, description: 'inputs in all, shared out over the targets' }),
  ],
  seed: ['--seed <text>', text({ default: '1', description: 'the same seed makes the same inputs' })],
  only: ['--only <targets>', list({ default: [], description: `targets, comma-separated: ${names.join(', ')}` })],
  from: [
    '--from <index>',
    integer({ min: 0, max: 1e9, default: 0, description: 'first input of each target; --inputs 1 gives it alone' }),
  ],
  json: ['--json', flag({ default: false, description: 'one JSON line instead of tables' })],
} as const;

export type FuzzCommand = NonNullable<ReturnType<typeof readFuzzOptions>>;

/**
 * Reads the command line; undefined when `--help` was asked for and answered.
 *
 * @throws INVALID_CONFIG naming every mistake
 */
export function readFuzzOptions(argv: readonly string[]) {
  const parsed = parseCommandLine(
    {
      name: 'npm run test:fuzz --',
      description: 'Gives everything that reads what strangers send inputs that are damaged on purpose.',
      options,
    },
    argv,
  );
  const unknown = parsed?.options.only.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new SulcusError('INVALID_CONFIG', `--only ${unknown}: there is no such target (${names.join(', ')})`);
  return parsed?.options;
}
