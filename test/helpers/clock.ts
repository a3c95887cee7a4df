import type { TestContext } from 'node:test';

export const DAY_MS = 86_400_000;

/** The clock of this process is set back, as by somebody who corrects it; timers and `performance.now()` go on. */
export function setClockBack(t: TestContext, byMs: number): void {
  const now = Date.now.bind(Date);
  t.mock.method(Date, 'now', () => now() - byMs);
}
