import { setTimeout as delay } from 'node:timers/promises';

/** Waits until a condition holds, or fails and says what did not come to be: patiently, for a busy machine. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 60_000,
): Promise<void> {
  for (const deadlineMs = performance.now() + timeoutMs; !(await condition()); await delay(50))
    if (performance.now() > deadlineMs) throw new Error(`Not within ${timeoutMs} ms: ${what}`);
}
