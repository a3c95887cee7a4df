import { readFileSync } from 'node:fs';
import pLimit from 'p-limit';
import { ImageWorkerPool, s0Transform, transformHash } from '#libs/imaging';
import { createRandom } from '#libs/random';
import { assembleBatch, type PreparedSample, type SampleSource } from '#services/preprocess';
import type { Contestant } from './measure.js';
import type { PreprocessBenchOptions } from './preprocess-options.js';

/** As many batches at once as a preprocess worker takes on. */
const BATCHES_IN_FLIGHT = 2;

/**
 * The work of a preprocess worker on batches of files, without a broker: samples come from a folder instead of a
 * stream.
 */
export async function startOwnPreprocess(
  files: readonly string[],
  { source, workers, batch, size }: PreprocessBenchOptions,
): Promise<Contestant> {
  const spec = s0Transform(size);
  const transform = { hash: transformHash(spec), spec, mode: 'train' } as const;
  const pool = new ImageWorkerPool({ threads: workers });
  const limiter = pLimit(2 * workers);
  const cache = new Map<string, PreparedSample>();
  const samples: SampleSource = {
    load: async ({ sampleId }) => {
      const known = cache.get(sampleId);
      if (known) return known;
      const sample = await limiter(async () => ({
        prepared: await pool.prepareFile(transform, readFileSync(sampleId)),
        traceparent: undefined,
      }));
      if (source === 'cache') cache.set(sampleId, sample);
      return sample;
    },
  };

  const order = createRandom('bench', 'order').shuffle([...files]);
  let taken = 0;
  const step = async (): Promise<void> => {
    const references = Array.from({ length: batch }, () => ({
      scanSequence: 0,
      sampleId: order[taken++ % order.length]!,
      classIndex: 0,
    }));
    await assembleBatch(
      { samples: references, seed: 1, epoch: Math.floor(taken / order.length) },
      transform,
      samples,
      pool,
    );
  };
  for (let images = 0; images < files.length + batch; images += batch) await step();
  return {
    name: `sulcus ${source}`,
    pids: [process.pid],
    measure: async (seconds) => {
      const before = process.cpuUsage();
      const stepsMs = await timeOverlapped(step, seconds);
      const { user, system } = process.cpuUsage(before);
      return { stepsMs, processorMs: (user + system) / 1000 };
    },
    close: async () => pool[Symbol.asyncDispose](),
  };
}

/** Runs steps, several at a time, for about `seconds`; the times between their ends in milliseconds. */
async function timeOverlapped(step: () => Promise<void>, seconds: number): Promise<number[]> {
  const times: number[] = [];
  let last = performance.now();
  const end = last + seconds * 1000;
  const lane = async (): Promise<void> => {
    while (performance.now() < end) {
      await step();
      const now = performance.now();
      times.push(now - last);
      last = now;
    }
  };
  await Promise.all(Array.from({ length: BATCHES_IN_FLIGHT }, lane));
  return times;
}
