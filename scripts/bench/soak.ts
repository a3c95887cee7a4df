/** Whether memory stays flat over many training steps: `npm run bench:soak -- --help`. */
import { integer } from '#libs/config';
import { startEngine } from '#libs/engine';
import { parseCommandLine, type ParsedOptions } from '#libs/service';
import { measureOptions, networkOptions } from './options.js';
import { rssBytes } from './processes.js';
import { commandName, report } from './run.js';
import { prepareTraining } from './training.js';

/** Growth that counts as flat. */
const ALLOWED_GROWTH_BYTES = 50e6;
/** The first share of the steps fills memory pools. */
const WARM_UP_SHARE = 0.1;
const SAMPLES = 40;

const OPTIONS = {
  ...networkOptions({ batch: 8, model: 'resnet10-slim', size: 64 }),
  steps: ['--steps <n>', integer({ min: 1, max: 10_000_000, default: 2000, description: 'training steps' })],
  json: measureOptions.json,
} as const;

type SoakOptions = ParsedOptions<typeof OPTIONS>;

interface Sample {
  readonly steps: number;
  readonly rssBytes: number;
}

async function soak(options: SoakOptions): Promise<Sample[]> {
  await using engine = await startEngine({ label: 'soak' });
  const step = await prepareTraining(engine, options);
  const samples: Sample[] = [];
  for (let steps = 1; steps <= options.steps; steps++) {
    await step();
    if (steps % Math.ceil(options.steps / SAMPLES) === 0 || steps === options.steps)
      samples.push({ steps, rssBytes: rssBytes([engine.pid!]) });
  }
  return samples;
}

/** Growth from the end of the warm-up to the end, and the most in between: what leaks shows in both. */
function outcome(options: SoakOptions, samples: readonly Sample[]): string {
  const settled = samples.filter(({ steps }) => steps >= WARM_UP_SHARE * options.steps);
  const [first, last] = [settled[0]!, settled.at(-1)!];
  const growthBytes = last.rssBytes - first.rssBytes;
  const flat = growthBytes <= ALLOWED_GROWTH_BYTES;
  if (!flat) process.exitCode = 1;
  const { model, batch, size, precision, steps } = options;
  if (options.json) return JSON.stringify({ model, batch, size, precision, steps, growthBytes, flat, samples });
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
  const range = settled.map((sample) => sample.rssBytes);
  return [
    `${model}, batch ${batch}, ${size} px, ${precision}: resident memory of the engine over ${steps} training steps`,
    ...samples.map(
      (sample) => `${String(sample.steps).padStart(8)} steps ${megabytes(sample.rssBytes).padStart(6)} MB`,
    ),
    `from step ${first.steps} on: grew by ${megabytes(growthBytes)} MB, between ` +
      `${megabytes(Math.min(...range))} and ${megabytes(Math.max(...range))} MB: ${flat ? 'flat' : 'NOT flat'}`,
  ].join('\n');
}

const description = `Makes training steps and shows the engine's resident memory on the way. Exit code 1 when it grew \
by more than ${ALLOWED_GROWTH_BYTES / 1e6} MB after the first tenth of the steps.`;

await report('soak', async () => {
  const parsed = parseCommandLine({ name: commandName('soak'), description, options: OPTIONS }, process.argv.slice(2));
  return parsed && outcome(parsed.options, await soak(parsed.options));
});
