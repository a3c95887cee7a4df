/** Memory and speed of training steps under different allocators: `npm run bench:allocators -- --help`. */
import { startEngine } from '#libs/engine';
import { parseCommandLine, type ParsedOptions } from '#libs/service';
import { DEFAULT_CANDIDATES, parseCandidate, type Candidate } from './candidate.js';
import { median, timeSteps } from './measure.js';
import { measureOptions, networkOptions, roundsOption } from './options.js';
import { peakRssBytes, processorMs, resetPeakRss } from './processes.js';
import { commandName, report } from './run.js';
import { prepareTraining } from './training.js';

const OPTIONS = {
  ...networkOptions({ batch: 16 }),
  seconds: measureOptions.seconds,
  rounds: roundsOption,
} as const;

type AllocatorsOptions = ParsedOptions<typeof OPTIONS>;

/** Medians over the steps of one engine. */
interface Outcome {
  readonly stepMs: number;
  readonly processorMs: number;
  /** Most memory that the engine's process had resident during the steps. */
  readonly peakBytes: number;
}

/** The first steps of an engine build oneDNN's kernels, and an allocator settles. */
const WARM_UP_STEPS = 4;

/** One engine's life under a candidate; it gets the candidate's environment, and this process keeps its own. */
async function measure(candidate: Candidate, options: AllocatorsOptions, seconds: number): Promise<Outcome> {
  const ownEnvironment = { ...process.env };
  Object.assign(process.env, candidate.environment);
  const starting = startEngine({ label: 'bench', kind: 'tensorflow', allocator: candidate.allocator });
  process.env = ownEnvironment;
  await using engine = await starting;
  const step = await prepareTraining(engine, options);
  for (let count = 0; count < WARM_UP_STEPS; count++) await step();
  const pids = [engine.pid!];
  resetPeakRss(pids);
  const startMs = processorMs(pids);
  const stepsMs = await timeSteps(step, seconds);
  return {
    stepMs: median(stepsMs),
    processorMs: (processorMs(pids) - startMs) / stepsMs.length,
    peakBytes: peakRssBytes(pids),
  };
}

function row({ name }: Candidate, outcomes: readonly Outcome[], { batch }: AllocatorsOptions): string {
  if (outcomes.length === 0) return `| ${name} | failed | | |`;
  const middle = (value: (outcome: Outcome) => number): number => median(outcomes.map(value));
  const memory = (middle(({ peakBytes }) => peakBytes) / 1e9).toFixed(2);
  const speed = middle(({ stepMs }) => (batch * 1000) / stepMs).toFixed(2);
  return `| ${name} | ${memory} GB | ${speed} | ${middle((outcome) => outcome.processorMs).toFixed(0)} ms |`;
}

const description = 'Measures training steps under allocators in turns, with an engine of its own for each turn.';

const notes = `A candidate is a name and the environment of its engine, in quotes, such as \
'jemalloc LD_PRELOAD=/path/libjemalloc.so'. \
custom and tensorflow are what SULCUS_ENGINE_MEMORY chooses between; any other is what the C library, or LD_PRELOAD, \
gives. Without any: ${DEFAULT_CANDIDATES.join(', ')}.`;

async function compareAllocators(given: readonly string[], options: AllocatorsOptions): Promise<string> {
  const candidates = (given.length > 0 ? given : DEFAULT_CANDIDATES).map(parseCandidate);
  const outcomes = candidates.map((): Outcome[] => []);
  for (let round = 0; round < options.rounds; round++) {
    for (const [index, candidate] of candidates.entries()) {
      try {
        outcomes[index]!.push(await measure(candidate, options, options.seconds / options.rounds));
      } catch (error) {
        process.stderr.write(`${candidate.name}: ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
  }
  const { model, batch, size, precision, rounds } = options;
  return [
    `${model}, batch ${batch}, ${size} px, ${precision}: medians of ${rounds} engines each, in turns`,
    '',
    '| allocator | peak of the engine | images/s | processor time per step |',
    '|---|---|---|---|',
    ...candidates.map((candidate, index) => row(candidate, outcomes[index]!, options)),
  ].join('\n');
}

await report('allocators', async () => {
  const parsed = parseCommandLine(
    { name: commandName('allocators'), description, operand: '[candidate...]', options: OPTIONS, notes },
    process.argv.slice(2),
  );
  return parsed && (await compareAllocators(parsed.operands, parsed.options));
});
