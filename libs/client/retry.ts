import { setTimeout as sleep } from 'node:timers/promises';
import { GrpcStatus, SulcusError } from '#libs/errors';

/** Statuses that say: not now. */
const NOT_NOW: ReadonlySet<number> = new Set([GrpcStatus.UNAVAILABLE, GrpcStatus.RESOURCE_EXHAUSTED]);

/** First pause between two attempts; doubles up to the second. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Whether the same prediction can be asked for again: the predictor is away, starting, full, or its engine died. Not after
 * a deadline, a cancellation or an unexplained failure: those would most likely repeat themselves at the same cost.
 */
export function mayAskAgain(error: SulcusError): boolean {
  return NOT_NOW.has(error.policy.grpcStatus) || error.code === 'ENGINE_FAILED';
}

/**
 * Runs an attempt until one succeeds, with growing random pauses so that callers refused together do not come back
 * together.
 *
 * @param attempt gets the time that is left for it, in milliseconds
 * @throws an attempt's error when it is none to repeat; when the time is over, what the predictor said last, which tells more
 * than that it is over; CANCELLED by `signal`
 */
export async function persistently<T>(
  attempt: (timeoutMs: number) => Promise<T>,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  let notNow: SulcusError | undefined;
  for (let longestMs = FIRST_PAUSE_MS; ; longestMs = Math.min(2 * longestMs, LONGEST_PAUSE_MS)) {
    try {
      return await attempt(Math.max(1, deadlineMs - performance.now()));
    } catch (thrown) {
      const error = SulcusError.from(thrown);
      const pauseMs = longestMs * (0.5 + Math.random() / 2);
      if (error.code === 'DEADLINE_EXCEEDED' && notNow) throw notNow;
      if (signal?.aborted || !mayAskAgain(error) || performance.now() + pauseMs >= deadlineMs) throw error;
      notNow = error;
      await sleep(pauseMs, undefined, { signal }).catch((aborted: unknown) => {
        throw SulcusError.from(aborted);
      });
    }
  }
}
