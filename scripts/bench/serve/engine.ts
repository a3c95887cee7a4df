import { startEngine } from '#libs/engine';
import { InferenceSession, initialState } from '#libs/nn';
import { randomBatch } from '../images.js';
import { median, percentile, throughput, timeSteps } from '../measure.js';
import { networkConfig } from '../options.js';
import type { ServeBenchOptions } from './options.js';

/** The engine's own time at one batch size, as `bench:infer` measures it. */
export interface EngineResult {
  readonly batch: number;
  readonly imagesPerSecond: number;
  readonly stepMs: { readonly p50: number; readonly p95: number };
}

export interface EngineContestant extends AsyncDisposable {
  /** Runs each batch size for about `seconds`. */
  measure(seconds: number): Promise<void>;
  results(): EngineResult[];
}

const WARM_UP_STEPS = 5;

/** The network alone, without anything around it: at batch 1, and at the predictor's batch size. */
export async function startEngineContestant(options: ServeBenchOptions): Promise<EngineContestant> {
  const engine = await startEngine({ label: 'bench' });
  try {
    const config = networkConfig(options);
    const session = await InferenceSession.create(engine, config, initialState(config, 1));
    const parties = [...new Set([1, options.batch])].map((batch) => {
      const { pixels, count } = randomBatch({ batch, size: options.size }, config.classes);
      return { batch, step: () => session.predict(pixels, count), turns: [] as number[][] };
    });
    for (const { step } of parties) for (let count = 0; count < WARM_UP_STEPS; count++) await step();
    return {
      measure: async (seconds) => {
        for (const party of parties) party.turns.push(await timeSteps(party.step, seconds));
      },
      results: () =>
        parties.map(({ batch, turns }) => ({
          batch,
          imagesPerSecond: median(turns.map((turn) => throughput(turn, batch))),
          stepMs: { p50: percentile(turns.flat(), 0.5), p95: percentile(turns.flat(), 0.95) },
        })),
      [Symbol.asyncDispose]: () => engine.close(),
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}
