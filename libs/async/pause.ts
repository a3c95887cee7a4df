import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves after `timeMs`, or at once when `signal` aborts. Never throws: loops look at the signal themselves. */
export async function pause(timeMs: number, signal?: AbortSignal): Promise<void> {
  await sleep(timeMs, undefined, { signal }).catch(() => undefined);
}
