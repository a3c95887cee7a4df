import { median, percentile } from '../measure.js';
import { createAsker, type Asker } from './ask.js';
import { closedLoop, openLoop, type Sample } from './load.js';
import type { ServeBenchOptions } from './options.js';
import { processorMs } from './process-tree.js';
import type { Served } from './stack.js';

/** What came of one kind of load on one predictor. */
export interface LoadResult {
  readonly party: string;
  /** closed: so many callers; open: so many requests a second. */
  readonly loop: 'closed' | 'open';
  readonly level: number;
  /** Answered; median of the turns. */
  readonly imagesPerSecond: number;
  readonly latencyMs: Latencies;
  readonly requests: number;
  /** Requests that were not answered, by their code. */
  readonly failed: Readonly<Record<string, number>>;
  /** Images per run of the network. */
  readonly meanBatchSize: number;
  /**
   * Processor time of the predictor and its engine per answered image; less than the rest at the mercy of what else
   * runs.
   */
  readonly processorMsPerImage: number;
}

/** Over the answered requests of all turns. */
export interface Latencies {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Before the first turn; long enough for connections, code and caches to be warm. */
const WARM_UP_MS = 1500;

/** Of a predictor, since it started. */
interface Used {
  images: number;
  runs: number;
  processorMs: number;
}

interface Plan {
  readonly served: Served;
  readonly asker: Asker;
  readonly loop: LoadResult['loop'];
  readonly level: number;
  readonly turns: { samples: Sample[]; seconds: number }[];
  readonly used: Used;
}

/**
 * Measures every kind of load on every predictor, in turns: what slows the machine down for a while slows all of them.
 *
 * @param between runs in each round, for what else is compared
 */
export async function measureLoads(
  predictors: readonly Served[],
  options: ServeBenchOptions,
  between: (seconds: number) => Promise<void>,
): Promise<LoadResult[]> {
  const askers = await Promise.all(predictors.map(({ address, security }) => createAsker(address, options, security)));
  const kinds = [
    ...options.concurrency.map((level) => ({ loop: 'closed' as const, level })),
    ...options.rate.map((level) => ({ loop: 'open' as const, level })),
  ];
  const plans: Plan[] = kinds.flatMap((kind) =>
    predictors.map((served, index) => ({
      ...kind,
      served,
      asker: askers[index]!,
      turns: [],
      used: { images: 0, runs: 0, processorMs: 0 },
    })),
  );
  try {
    for (const plan of plans) await run(plan, WARM_UP_MS);
    const turnMs = (1000 * options.seconds) / options.rounds;
    for (let round = 0; round < options.rounds; round++) {
      for (const plan of plans) {
        const [before, startedMs] = [await usedBy(plan.served), performance.now()];
        const samples = await run(plan, turnMs);
        const [after, seconds] = [await usedBy(plan.served), (performance.now() - startedMs) / 1000];
        plan.turns.push({ samples, seconds });
        for (const key of ['images', 'runs', 'processorMs'] as const) plan.used[key] += after[key] - before[key];
      }
      await between(turnMs / 1000);
    }
  } finally {
    for (const asker of askers) asker[Symbol.dispose]();
  }
  return plans.map(summarise);
}

function run({ asker, loop, level }: Plan, timeMs: number): Promise<Sample[]> {
  const signal = AbortSignal.timeout(Math.round(timeMs));
  return loop === 'closed' ? closedLoop(asker.ask, level, signal) : openLoop(asker.ask, level, signal);
}

async function usedBy({ inference, pid }: Served): Promise<Used> {
  const { modelStats } = await inference.modelStatistics({});
  const total = (value: (of: (typeof modelStats)[number]) => number): number =>
    modelStats.reduce((sum, of) => sum + value(of), 0);
  return {
    images: total(({ inferenceCount }) => inferenceCount),
    runs: total(({ executionCount }) => executionCount),
    processorMs: processorMs(pid),
  };
}

function summarise({ served, loop, level, turns, used }: Plan): LoadResult {
  const samples = turns.flatMap((turn) => turn.samples);
  return {
    party: served.name,
    loop,
    level,
    imagesPerSecond: median(turns.map((turn) => answered(turn.samples).length / turn.seconds)),
    latencyMs: latencies(samples),
    requests: samples.length,
    failed: failures(samples),
    meanBatchSize: used.images / used.runs,
    processorMsPerImage: used.processorMs / used.images,
  };
}

const answered = (samples: readonly Sample[]): Sample[] => samples.filter(({ failure }) => failure === undefined);

export function latencies(samples: readonly Sample[]): Latencies {
  const times = answered(samples).map(({ latencyMs }) => latencyMs);
  if (times.length === 0) return { p50: NaN, p95: NaN, p99: NaN };
  return { p50: percentile(times, 0.5), p95: percentile(times, 0.95), p99: percentile(times, 0.99) };
}

export function failures(samples: readonly Sample[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { failure } of samples) if (failure !== undefined) counts[failure] = (counts[failure] ?? 0) + 1;
  return counts;
}
