import { setTimeout as sleep } from 'node:timers/promises';
import { SulcusError } from '#libs/errors';
import { median, percentile } from '../measure.js';
import { createAsker } from './ask.js';
import { closedLoop, type Sample } from './load.js';
import type { ServeBenchOptions } from './options.js';
import { residentBytes } from './process-tree.js';
import type { Served, Stack } from './stack.js';
import { failures, latencies, type Latencies } from './turns.js';

/** What swaps do to those who ask meanwhile. */
export interface SwapResult {
  readonly swaps: number;
  readonly concurrency: number;
  /** Requests in all, and those that failed by their code. */
  readonly requests: number;
  readonly failed: Readonly<Record<string, number>>;
  readonly steady: Latencies & { readonly imagesPerSecond: number };
  readonly swapping: Latencies & { readonly imagesPerSecond: number };
  /** From moving the alias to the first answer of the new version. */
  readonly swapMs: { readonly p50: number; readonly p95: number };
  /** Of the predictor and all its processes, at rest before and after, and at most. */
  readonly residentBytes: { readonly before: number; readonly after: number; readonly peak: number };
}

/** Pauses, and warming up, take as long as a window without swaps, at most this. */
const LONGEST_REST_MS = 3000;
const WATCH_MS = 250;
const SWAP_TIMEOUT_MS = 180_000;
/** Moves before the first measured one: what is set up once and kept is then there. */
const FIRST_SWAPS = 1;

export interface Window {
  fromMs: number;
  toMs: number;
}

/**
 * Alternates between windows without swaps and windows of swaps one after the other, while callers ask all the time.
 */
export async function measureSwaps(
  stack: Stack,
  served: Served,
  options: ServeBenchOptions,
  onSwap: (done: number) => void,
): Promise<SwapResult> {
  using asker = await createAsker(served.address, options);
  const seen = new Map<string, number>();
  const ask = async (): Promise<string> => {
    const version = await asker.ask();
    seen.set(version, performance.now());
    return version;
  };
  const steady: Window[] = [];
  const swapping: Window[] = [];
  const swapMs: number[] = [];
  let turn = 0;
  const windowMs = (1000 * options.seconds) / options.rounds;
  const restMs = Math.min(windowMs, LONGEST_REST_MS);
  const swap = async (): Promise<void> => {
    const { version } = stack.versions[++turn % 2]!;
    const movedMs = performance.now();
    await stack.registry.promote('champion', version, 'benchmark');
    while (!((seen.get(version) ?? 0) > movedMs)) {
      if (performance.now() - movedMs > SWAP_TIMEOUT_MS)
        throw new SulcusError('DEADLINE_EXCEEDED', `${version} was not in service after ${SWAP_TIMEOUT_MS} ms`);
      await sleep(5);
    }
    swapMs.push(performance.now() - movedMs);
  };

  for (let count = 0; count < FIRST_SWAPS; count++) await underLoad(ask, options, swap);
  swapMs.length = 0;
  await underLoad(ask, options, () => sleep(restMs));
  await sleep(restMs);
  const before = residentBytes(served.pid);
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, residentBytes(served.pid))), WATCH_MS);
  const samples = await underLoad(ask, options, async () => {
    for (let round = 0; round < options.rounds; round++) {
      const start = performance.now();
      await sleep(windowMs);
      steady.push({ fromMs: start, toMs: performance.now() });
      const until = Math.round((options.swaps * (round + 1)) / options.rounds);
      const swapStart = performance.now();
      while (swapMs.length < until) {
        await swap();
        onSwap(swapMs.length);
      }
      swapping.push({ fromMs: swapStart, toMs: performance.now() });
      await sleep(restMs); // what the last swap leaves to do is neither
    }
  }).finally(() => clearInterval(watch));
  await sleep(restMs);
  return {
    swaps: swapMs.length,
    concurrency: options.swapConcurrency,
    requests: samples.length,
    failed: failures(samples),
    steady: within(samples, steady),
    swapping: within(samples, swapping),
    swapMs: { p50: median(swapMs), p95: percentile(swapMs, 0.95) },
    residentBytes: { before, after: residentBytes(served.pid), peak },
  };
}

export async function underLoad(
  ask: () => Promise<string>,
  { swapConcurrency }: ServeBenchOptions,
  work: () => Promise<void>,
): Promise<Sample[]> {
  const done = new AbortController();
  const load = closedLoop(ask, swapConcurrency, done.signal);
  try {
    await work();
  } finally {
    done.abort();
  }
  return await load;
}

/** The requests that began in one of the windows. */
export function within(samples: readonly Sample[], windows: readonly Window[]): SwapResult['steady'] {
  const inside = samples.filter(({ beganMs }) =>
    windows.some(({ fromMs, toMs }) => beganMs >= fromMs && beganMs < toMs),
  );
  const seconds = windows.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0) / 1000;
  return {
    ...latencies(inside),
    imagesPerSecond: inside.filter(({ failure }) => failure === undefined).length / seconds,
  };
}
