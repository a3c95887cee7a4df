import { table } from '#libs/service';
import type { ScenarioResult, SeedResult } from './measure.js';
import { settingsOf, type LearningOptions } from './options.js';
import type { HeardAlarm } from './stream.js';
import { meanOf, measuredTargets } from './targets.js';

/** Figures of a scenario by name, each over the seeds that have it. */
const FIGURES: readonly (readonly [name: string, valueOf: (result: SeedResult) => number | undefined])[] = [
  ['stream, old kind, %', ({ stream }) => stream.accuracies.old],
  ['offline, old kind, %', ({ offline }) => offline?.old],
  ['stream, old kind before the change, %', ({ stream }) => stream.before?.old],
  ['stream, new kind, %', ({ stream }) => stream.accuracies.new],
  ['offline, new kind, %', ({ offline }) => offline?.new],
  ['stream, new kind before the change, %', ({ stream }) => stream.before?.new],
  ['sample-steps per arrival', ({ stream }) => stream.sampleStepsPerArrival],
  ['promotions', ({ stream }) => stream.promotions],
  ['returns to the champion', ({ stream }) => stream.returns],
];

const RIGHT_ALIGNED = new Set([1]);

const rounded = (_: string, value: unknown): unknown => (typeof value === 'number' ? Number(value.toFixed(3)) : value);

/** The result as one JSON line. */
export const learningJson = (options: LearningOptions, results: readonly ScenarioResult[]): string =>
  JSON.stringify(
    {
      arrivals: options.arrivals,
      tests: options.tests,
      epochs: options.epochs,
      learningRate: options.rate,
      settings: settingsOf(options),
      scenarios: results.map((result) => ({ ...result, targets: measuredTargets(result) })),
    },
    rounded,
  );

/** The result for people. */
export const learningText = (options: LearningOptions, results: readonly ScenarioResult[]): string =>
  [
    `${options.arrivals} arrivals, ${options.tests} test pictures, ${options.seeds} seeds, ` +
      `${options.epochs} epochs offline; means and their standard errors over the seeds`,
    ...results.map((result) => [result.scenario, figures(result), targets(result), alarms(result)].join('\n')),
  ].join('\n\n');

function figures({ seeds }: ScenarioResult): string {
  const rows = FIGURES.flatMap(([name, valueOf]) => {
    const values = seeds.map(valueOf).filter((value) => value !== undefined);
    if (values.length === 0) return [];
    const { mean, standardError } = meanOf(values);
    return [[name, mean.toFixed(1), `± ${standardError.toFixed(1)}`]];
  });
  return table([['figure', 'mean', 'error'], ...rows], RIGHT_ALIGNED).join('\n');
}

const targets = (result: ScenarioResult): string =>
  measuredTargets(result)
    .map(
      ({ name, limit, mean, standardError, met }) =>
        `${met ? 'met' : 'MISSED'}: ${name} by ${mean.toFixed(1)} ± ${standardError.toFixed(1)} points ` +
        `(at most ${limit})`,
    )
    .join('\n');

const told = ({ stratum, samplesAfter, ownSamplesAfter }: HeardAlarm): string =>
  samplesAfter === 0 ? `${stratum} before any change` : `${stratum} after ${ownSamplesAfter} of its samples`;

const alarms = ({ seeds }: ScenarioResult): string =>
  seeds.map(({ seed, stream }) => `alarms, seed ${seed}: ${stream.alarms.map(told).join('; ') || 'none'}`).join('\n');
