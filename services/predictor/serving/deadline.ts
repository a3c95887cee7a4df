import { SulcusError } from '#libs/errors';

/** Longest time that a timer can be set to, milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A caller's signal with a time limit on top. */
export interface Deadline {
  /** Aborts when the caller gives up or, until {@link clear}, with DEADLINE_EXCEEDED when the time is over. */
  readonly signal: AbortSignal;
  /** The limit has been met: from here on only the caller aborts. */
  clear(): void;
}

/**
 * @param timeoutMs undefined: as long as the caller waits
 * @param message what a caller is told who was too late
 */
export function startDeadline(signal: AbortSignal, timeoutMs: number | undefined, message: string): Deadline {
  if (timeoutMs === undefined) return { signal, clear: () => undefined };
  const expired = new AbortController();
  const timer = setTimeout(
    () => expired.abort(new SulcusError('DEADLINE_EXCEEDED', message)),
    Math.min(timeoutMs, LONGEST_TIMER_MS),
  );
  return { signal: AbortSignal.any([signal, expired.signal]), clear: () => clearTimeout(timer) };
}
