import { setTimeout as delay } from 'node:timers/promises';
import type { SulcusError } from '#libs/errors';
import type { Connection } from './connection.js';
import { busError } from './errors.js';

/** How long an operation that may be repeated is tried over broker restarts before the caller is told. */
export const PATIENCE_MS = 30_000;

/** Waits, or returns early when the signal aborts. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => {});
}

/** Waits longer from try to try: 100 ms, 200 ms, … 2 s. */
export const backOff = (tries: number, signal?: AbortSignal): Promise<void> =>
  pause(Math.min(2000, 100 * 2 ** (Math.min(tries, 6) - 1)), signal);

/** True while waiting for the broker can help. */
function mayComeBack(connection: Connection, failure: SulcusError): boolean {
  return failure.code === 'BUS_UNAVAILABLE' && !connection.nats.isClosed();
}

/**
 * Asks the broker for something that may be asked for twice, again and again for 30 s while it is away.
 *
 * @param doing what is tried, as the beginning of an error message
 * @throws CANCELLED when `signal` aborts before
 */
export async function persistently<T>(
  connection: Connection,
  doing: string,
  ask: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (let tries = 1; ; tries++) {
    try {
      return await connection.answer(ask(), signal);
    } catch (error) {
      const failure = busError(error, doing);
      if (!mayComeBack(connection, failure) || Date.now() >= deadline) throw failure;
      await backOff(tries, signal);
    }
  }
}

/**
 * Repeats `work` for as long as the broker is away, until it succeeds or the signal aborts.
 *
 * @throws what cannot be helped by waiting; BUS_UNAVAILABLE after an abort, or when the connection was closed by us
 */
export async function untilAvailable<T>(
  connection: Connection,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const failure = busError(error, 'The broker is not available');
      if (!mayComeBack(connection, failure) || signal.aborted) throw failure;
      await backOff(tries, signal);
    }
  }
}
