import { setTimeout as sleep } from 'node:timers/promises';
import { SulcusError } from '#libs/errors';
import { createRandom } from '#libs/random';

/** Asks once. @returns version that answered */
export type Ask = () => Promise<string>;

/** One request: when it was to begin, when it was over, and how. */
export interface Sample {
  readonly beganMs: number;
  readonly latencyMs: number;
  /** Code of the failure; undefined when it was answered. */
  readonly failure?: string;
  readonly version?: string;
}

/** A caller that was refused waits this long before it asks again, so that refusals do not become the load. */
const REFUSED_PAUSE_MS = 20;

/**
 * Callers that each ask again as soon as they are answered, until `signal`; the requests under way then are finished.
 */
export async function closedLoop(ask: Ask, concurrency: number, signal: AbortSignal): Promise<Sample[]> {
  const samples: Sample[] = [];
  const caller = async (): Promise<void> => {
    while (!signal.aborted) {
      const sample = await timed(ask, performance.now());
      samples.push(sample);
      if (sample.failure !== undefined) await sleep(REFUSED_PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  return samples;
}

/**
 * Requests that arrive at random moments (Poisson), whether or not those before are answered. A latency counts from
 * the moment the request was due: a generator that is late itself hides nothing.
 */
export async function openLoop(ask: Ask, ratePerSecond: number, signal: AbortSignal): Promise<Sample[]> {
  const random = createRandom('arrivals');
  const running: Promise<Sample>[] = [];
  for (
    let dueMs = performance.now();
    !signal.aborted;
    dueMs += (-Math.log(1 - random.uniform(0, 1)) / ratePerSecond) * 1000
  ) {
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) running.push(timed(ask, dueMs));
  }
  return await Promise.all(running);
}

async function timed(ask: Ask, beganMs: number): Promise<Sample> {
  try {
    const version = await ask();
    return { beganMs, latencyMs: performance.now() - beganMs, version };
  } catch (error) {
    return { beganMs, latencyMs: performance.now() - beganMs, failure: SulcusError.from(error).code };
  }
}
