import { flag, integer, list, number, optional, text } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { streamSettings, type StreamSettings } from '#libs/nn';
import { parseCommandLine } from '#libs/service';
import { BATCH_SIZE } from './learning.js';
import { SCENARIOS, type ScenarioName } from './scenarios.js';

const DEFAULTS = streamSettings({ batchSize: BATCH_SIZE });

const options = {
  seeds: ['--seeds <n>', integer({ min: 1, max: 100, default: 3, description: 'seeds per scenario' })],
  only: [
    '--only <scenarios>',
    list({ default: [...SCENARIOS], description: `scenarios to measure, comma-separated: ${SCENARIOS.join(', ')}` }),
  ],
  arrivals: [
    '--arrivals <n>',
    integer({ min: 600, max: 20_000, default: 1450, description: 'training pictures of a stream' }),
  ],
  tests: ['--tests <n>', integer({ min: 100, max: 20_000, default: 3000, description: 'pictures of the test set' })],
  epochs: ['--epochs <n>', integer({ min: 1, max: 1000, default: 15, description: 'epochs of learning offline' })],
  rate: ['--rate <rate>', number({ min: 0, max: 1, default: 0.001, description: 'learning rate of both' })],
  decay: [
    '--decay <share>',
    number({ min: 0, max: 1, default: DEFAULTS.averageDecay, description: 'what the average keeps in a step' }),
  ],
  memory: [
    '--memory <n>',
    integer({ min: 1, max: 100_000, default: DEFAULTS.memorySize, description: 'pictures in the replay memory' }),
  ],
  threads: ['--threads <n>', integer({ min: 1, max: 64, default: 1, description: 'threads of the engine' })],
  export: [
    '--export <folder>',
    optional(text({ description: 'write pictures and first weights for scripts/compare/stream_pytorch.py, and exit' })),
  ],
  json: ['--json', flag({ default: false, description: 'one JSON line instead of a table' })],
} as const;

export type LearningOptions = NonNullable<ReturnType<typeof readLearningOptions>>;

/** Reads the command line; undefined when `--help` was answered. Throws INVALID_CONFIG naming every mistake. */
export function readLearningOptions(argv: readonly string[]) {
  return parseCommandLine(
    {
      name: 'npm run test:learning --',
      description:
        'Learns streams of phantoms as the trainer does, and the same pictures offline, and compares. ' +
        'Exit code 1 when a target is missed by more than the standard error.',
      options,
    },
    argv,
  )?.options;
}

const isScenario = (name: string): name is ScenarioName => (SCENARIOS as readonly string[]).includes(name);

/** The scenarios that are asked for, in the order in which they were named. @throws INVALID_CONFIG naming the others */
export function chosenScenarios({ only }: LearningOptions): ScenarioName[] {
  const unknown = only.filter((name) => !isScenario(name));
  if (unknown.length > 0)
    throw new SulcusError(
      'INVALID_CONFIG',
      `--only: no scenario ${unknown.join(', ')}; there are ${SCENARIOS.join(', ')}`,
    );
  return only.filter(isScenario);
}

export const seedsOf = ({ seeds }: LearningOptions): number[] => Array.from({ length: seeds }, (_, index) => index + 1);

/** The defaults of stream mode, with what the options say otherwise. */
export const settingsOf = ({ decay, memory }: LearningOptions): StreamSettings => ({
  ...DEFAULTS,
  averageDecay: decay,
  memorySize: memory,
});
