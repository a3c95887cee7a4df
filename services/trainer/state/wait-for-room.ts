import { retryWithBackoff, waitFor } from '#libs/async';
import { SulcusError } from '#libs/errors';
import type { Registry } from '#libs/registry';
import type { TrainerEvents } from '../events.js';
import type { WithRoom } from './with-room.js';

const LONGEST_PAUSE_MS = 10_000;
/** Operators are told again after this time. */
const TELL_INTERVAL_MS = 30_000;

/**
 * A full store is no reason to lose a training: versions that nobody needs are deleted, operators are told what is
 * missing and what to do, and it is tried again until there is room or the signal aborts.
 */
export function waitForRoom(
  { registry, events }: { registry: Registry; events: TrainerEvents },
  signal: AbortSignal,
): WithRoom {
  let toldAtMs = -Infinity;
  return async (what, work) => {
    const attempt = async (): Promise<Awaited<ReturnType<typeof work>>> => {
      try {
        return await work();
      } catch (error) {
        const failure = SulcusError.from(error);
        if (!isFull(failure)) throw failure;
        // Where the disk is full the broker may not even list what there is to delete.
        const deleted = await registry.prune(1).catch(() => []);
        if (performance.now() - toldAtMs > TELL_INTERVAL_MS) {
          toldAtMs = performance.now();
          await events.noRoom(what, failure, deleted);
        }
        throw failure;
      }
    };
    const stored = retryWithBackoff(attempt, { signal, maxDelayMs: LONGEST_PAUSE_MS, shouldRetry: isFull });
    return waitFor(`room at the broker to store ${what}`, stored);
  };
}

const isFull = ({ code }: SulcusError): boolean => code === 'BACKPRESSURE' || code === 'STORAGE_FULL';
