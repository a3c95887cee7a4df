import { flag, integer, list, optional } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { parseCommandLine, table } from '#libs/service';
import { FAULT_KINDS } from './faults/kinds.js';

/** Long enough for several faults, short enough for many rounds. */
const DEFAULT_EPOCHS = 24;

const OPTIONS = {
  rounds: ['--rounds <n>', integer({ default: 10, min: 1, max: 10_000, description: 'rounds to make' })],
  seed: [
    '--seed <n>',
    integer({ default: 1, min: 0, max: 2 ** 31 - 1, description: 'seed of the first round; the next has the next' }),
  ],
  only: [
    '--only <names>',
    optional(list({ minLength: 1, description: 'kinds of fault to draw from, comma-separated' })),
  ],
  epochs: [
    '--epochs <n>',
    integer({
      default: DEFAULT_EPOCHS,
      min: 1,
      max: 1000,
      description: "epochs of a round's training: how long it takes",
    }),
  ],
  servers: [
    '--cluster <n>',
    integer({ default: 1, min: 1, max: 5, description: 'servers of the broker, each of which keeps every stream' }),
  ],
  fullSeconds: [
    '--full-seconds <n>',
    optional(integer({ min: 1, max: 600, description: 'how long a full disk stays full (default: 1 to 8, drawn)' })),
  ],
  faults: [
    '--faults <n>',
    optional(integer({ min: 1, max: 20, description: 'faults of a round (default: 2 to 4, drawn)' })),
  ],
  json: ['--json', flag({ default: false, description: 'one line of JSON at the end instead of a table' })],
} as const;

/** Why a kind is left out with --cluster. */
const ON_ONE_SERVER = "it works on the store of the launcher's own broker, and --cluster has others";

export type LaboratoryOptions = NonNullable<ReturnType<typeof readLaboratoryOptions>>;

/** Reads the command line; undefined when `--help` was answered. Throws INVALID_CONFIG naming every mistake. */
export function readLaboratoryOptions(argv: readonly string[]) {
  const parsed = parseCommandLine(
    {
      name: 'npm run test:faults --',
      description:
        'Runs the whole pipeline on small images again and again, makes faults, and compares what comes out, bit for ' +
        'bit, with a run that was left alone. Exit code 1 when a round fails.',
      options: OPTIONS,
      notes: ['Faults:', ...table(FAULT_KINDS.map(({ name, description }) => [`  ${name}`, description]))].join('\n'),
    },
    argv,
  );
  if (!parsed) return undefined;
  const { only, fullSeconds, faults, ...options } = parsed.options;
  const unknown = (only ?? []).filter((name) => !FAULT_KINDS.some((kind) => kind.name === name));
  if (unknown.length > 0)
    throw new SulcusError('INVALID_CONFIG', `--only: there is no fault ${unknown.join(', ')} (see --help)`);
  const wanted = FAULT_KINDS.filter(({ name }) => only === undefined || only.includes(name));
  const skipped = wanted.flatMap(({ name, unavailable, onOneServer }) => {
    const reason = onOneServer && options.servers > 1 ? ON_ONE_SERVER : unavailable?.();
    return reason === undefined ? [] : [[name, reason] as const];
  });
  const kinds = wanted.filter(({ name }) => skipped.every(([other]) => other !== name));
  if (kinds.length === 0) throw new SulcusError('INVALID_CONFIG', skipped.map((each) => each.join(': ')).join('; '));
  return {
    ...options,
    kinds,
    skipped: Object.fromEntries(skipped),
    settings: { fullSeconds, faults },
    /** What a round is repeated with, beside its seed. */
    given: [
      ...(only ? ['--only', only.join(',')] : []),
      ...(options.epochs === DEFAULT_EPOCHS ? [] : ['--epochs', String(options.epochs)]),
      ...(options.servers === 1 ? [] : ['--cluster', String(options.servers)]),
      ...(fullSeconds === undefined ? [] : ['--full-seconds', String(fullSeconds)]),
      ...(faults === undefined ? [] : ['--faults', String(faults)]),
    ],
  };
}
