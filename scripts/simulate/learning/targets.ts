import type { ScenarioResult, SeedResult } from './measure.js';
import { CHANGED_SITE, type ScenarioName } from './scenarios.js';

/** A figure that must not be above a limit, in percentage points. */
interface Target {
  readonly name: string;
  readonly limit: number;
  readonly of: (result: SeedResult) => number;
}

const belowOffline = (kind: 'old' | 'new', limit: number, what: string): Target => ({
  name: `${what}: below offline`,
  limit,
  of: ({ offline, stream }) => offline![kind]! - stream.accuracies[kind]!,
});

const forgotten = (limit: number): Target => ({
  name: 'old kind: below its value before the change',
  limit,
  of: ({ stream }) => stream.before!.old - stream.accuracies.old,
});

const TARGETS: Readonly<Record<ScenarioName, readonly Target[]>> = {
  stationary: [belowOffline('old', 1.5, 'all')],
  'late-class': [belowOffline('old', 2, 'old classes'), belowOffline('new', 2, 'new class')],
  drift: [forgotten(2), belowOffline('new', 10, 'new kind')],
  'site-drop': [],
  'label-noise': [],
};

/** What a detector must name once the stream is another, in every seed. */
const MUST_BE_NAMED: Partial<Record<ScenarioName, string>> = { drift: 'all', 'site-drop': `site:${CHANGED_SITE}` };

/** Mean over seeds with its standard error; that of a single seed is unknown: 0. */
export function meanOf(values: readonly number[]): { mean: number; standardError: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { mean, standardError: 0 };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, standardError: Math.sqrt(variance / values.length) };
}

export interface MeasuredTarget {
  readonly name: string;
  readonly limit: number;
  /** Over the seeds, in percentage points. */
  readonly mean: number;
  readonly standardError: number;
  /** Whether the mean is above the limit by no more than its standard error. */
  readonly met: boolean;
}

export const measuredTargets = ({ scenario, seeds }: ScenarioResult): MeasuredTarget[] =>
  TARGETS[scenario].map(({ name, limit, of }) => {
    const { mean, standardError } = meanOf(seeds.map(of));
    return { name, limit, mean, standardError, met: mean <= limit + standardError };
  });

/** One sentence for each target that is missed. */
export function missedTargets(result: ScenarioResult): string[] {
  const { scenario, seeds } = result;
  const above = measuredTargets(result)
    .filter(({ met }) => !met)
    .map(
      ({ name, limit, mean, standardError }) =>
        `${scenario}: ${name} by ${mean.toFixed(1)} points, ` +
        `more than ${limit} and the standard error ${standardError.toFixed(1)}`,
    );
  const wanted = MUST_BE_NAMED[scenario];
  const unheard = seeds.filter(
    ({ stream }) =>
      wanted && !stream.alarms.some(({ stratum, samplesAfter }) => stratum === wanted && samplesAfter > 0),
  );
  return [
    ...above,
    ...unheard.map(({ seed }) => `${scenario}: no alarm of the detector "${wanted}" with seed ${seed}`),
  ];
}
