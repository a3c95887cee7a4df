import { setTimeout as delay } from 'node:timers/promises';
import { SulcusError, type ErrorCode } from '#libs/errors';

/** The pipeline cannot take more at the moment: the image is still in hand, so the sender waits and nothing is lost. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['BACKPRESSURE', 'STORAGE_FULL', 'BUS_UNAVAILABLE']);

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

export interface Patience {
  /** Total time after which the last error is thrown. */
  patienceMs: number;
  /** Ends the waiting: the sender has gone. */
  signal?: AbortSignal;
  /** Told once, when the waiting begins. */
  onWait?: (error: SulcusError) => void;
}

/** True for errors that waiting can cure. */
export const isPassing = (error: unknown): boolean => error instanceof SulcusError && PASSING.has(error.code);

/**
 * Repeats `work` with growing pauses while the pipeline is full or the broker away.
 *
 * @throws the last error when patience ends; CANCELLED (or the signal's own error) when the signal aborts
 */
export async function withPatience<T>(work: () => Promise<T>, { patienceMs, signal, onWait }: Patience): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (let waitMs = FIRST_WAIT_MS, waits = 0; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS), waits++) {
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted) throw SulcusError.from(signal.reason);
      if (!isPassing(error) || Date.now() + waitMs > deadline) throw error;
      if (waits === 0) onWait?.(error as SulcusError);
    }
    await delay(waitMs, undefined, { signal }).catch(() => {
      throw SulcusError.from(signal?.reason);
    });
  }
}
