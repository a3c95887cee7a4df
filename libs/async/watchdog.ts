import { longestWait } from './waits.js';

/** Told what is waited for, as a sentence, and `undefined` when it has come. */
export type OnStall = (stall: string | undefined) => void;

const LOOK_MS = 1000;
const DEFAULT_STALL_MS = 30_000;

const listeners = new Set<OnStall>();

/** Adds someone who is told of stalls, while a watchdog runs; returns how to stop that. */
export function onStall(listener: OnStall): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Says what the process waits for (see `waitFor`) when it has waited for `stallMs`, again each time that has doubled,
 * and when it has come. One per process.
 *
 * @returns how to stop it
 */
export function startWatchdog(stallMs: number = DEFAULT_STALL_MS): () => void {
  let sayAtMs = stallMs;
  let said: string | undefined;
  const tell = (stall: string | undefined): void => listeners.forEach((listener) => listener(stall));
  const look = (): void => {
    const wait = longestWait();
    if (said !== undefined && wait?.what !== said) {
      [said, sayAtMs] = [undefined, stallMs];
      tell(undefined);
    }
    if (!wait || wait.waitedMs < sayAtMs) return;
    said = wait.what;
    sayAtMs = 2 * wait.waitedMs;
    tell(`no progress for ${Math.round(wait.waitedMs / 1000)} s: waiting for ${wait.what}`);
  };
  const timer = setInterval(look, Math.min(LOOK_MS, stallMs)).unref();
  return () => clearInterval(timer);
}
