/**
 * Whether memory stays flat over many training steps: `npm run bench:soak -- --model resnet10-slim --batch 8 --size 64
 * --steps 2000`. Ends with code 1 when it grew by more than 50 MB.
 */
import { startEngine } from '#libs/engine';
import { parseOptions, type BenchOptions } from './options.js';
import { rssBytes } from './processes.js';
import { report } from './run.js';
import { prepareTraining } from './training.js';

/** Growth that counts as flat. */
const ALLOWED_GROWTH_BYTES = 50e6;
/** The first share of the steps fills memory pools. */
const WARM_UP_SHARE = 0.1;
const SAMPLES = 40;

interface Sample {
  readonly steps: number;
  readonly rssBytes: number;
}

async function soak(options: BenchOptions): Promise<Sample[]> {
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
function outcome(options: BenchOptions, samples: readonly Sample[]): string {
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

await report(async () => {
  const options = parseOptions(process.argv.slice(2), { batch: 8, model: 'resnet10-slim', size: 64 });
  return outcome(options, await soak(options));
});
