import type { TestContext } from 'node:test';
import type { Bus } from '#libs/bus';
import { CompletedStudies, type CompletedStudy } from '#libs/studies';

/** What is announced as complete, as it comes, until the test ends. */
export function completedStudies(t: TestContext, bus: Bus): readonly CompletedStudy[] {
  const stop = new AbortController();
  t.after(() => stop.abort());
  const completed: CompletedStudy[] = [];
  void (async () => {
    for await (const study of new CompletedStudies(bus).follow(stop.signal)) completed.push(study);
  })().catch(() => undefined);
  return completed;
}
