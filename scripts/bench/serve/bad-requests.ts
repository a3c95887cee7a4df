import { setTimeout as sleep } from 'node:timers/promises';
import { BAD_KINDS, BadClient } from './bad-kinds.js';
import { createAsker } from './ask.js';
import type { ServeBenchOptions } from './options.js';
import { residentBytes } from './process-tree.js';
import type { Served } from './stack.js';
import { underLoad, within, type Window } from './swaps.js';
import { failures, type Latencies } from './turns.js';

/** What bad requests do to those who ask meanwhile. */
export interface BadRequestsResult {
  readonly sent: number;
  readonly kinds: number;
  /** How bad requests ended: statuses of gRPC, or the end of their connections. */
  readonly answers: Readonly<Record<string, number>>;
  readonly concurrency: number;
  /** Good requests in all, and those that failed by their code. */
  readonly requests: number;
  readonly failed: Readonly<Record<string, number>>;
  readonly steady: Latencies & { readonly imagesPerSecond: number };
  readonly disturbed: Latencies & { readonly imagesPerSecond: number };
  /** Of the predictor and all its processes, at rest before and after, and at most. */
  readonly residentBytes: { readonly before: number; readonly after: number; readonly peak: number };
}

/** Memory that is garbage is given back some time after the last request. */
const REST_MS = 10_000;
const WARM_UP_MS = 5000;
const WATCH_MS = 250;

/** Alternates between windows without and with bad requests, while callers ask all the time. */
export async function measureBadRequests(served: Served, options: ServeBenchOptions): Promise<BadRequestsResult> {
  using asker = await createAsker(served.address, options, served.security);
  using bad = new BadClient(served.address);
  const [steady, disturbed]: [Window[], Window[]] = [[], []];
  const answers: Record<string, number> = {};
  let sent = 0;
  const note = (answer: string): void => void (answers[answer] = (answers[answer] ?? 0) + 1);
  /** One kind after the other, at a steady rate: whoever is slow is not waited for. */
  const sendUntil = async (target: number): Promise<void> => {
    const running: Promise<void>[] = [];
    for (let dueMs = performance.now(); sent < target; dueMs += 1000 / options.badRate) {
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      running.push(bad.send(BAD_KINDS[sent++ % BAD_KINDS.length]!).then(note));
    }
    await Promise.all(running);
  };
  await underLoad(asker.ask, options, () => sleep(WARM_UP_MS));
  for (const kind of BAD_KINDS) note(await bad.send(kind)); // what is set up once is then there
  await sleep(REST_MS);
  const before = residentBytes(served.pid);
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, residentBytes(served.pid))), WATCH_MS);
  const windowMs = (1000 * options.seconds) / options.rounds;
  const samples = await underLoad(asker.ask, options, async () => {
    for (let round = 0; round < options.rounds; round++) {
      const fromMs = performance.now();
      await sleep(windowMs);
      steady.push({ fromMs, toMs: performance.now() });
      const disturbedMs = performance.now();
      await sendUntil(Math.round((options.badRequests * (round + 1)) / options.rounds));
      disturbed.push({ fromMs: disturbedMs, toMs: performance.now() });
    }
  }).finally(() => clearInterval(watch));
  await sleep(REST_MS);
  return {
    sent,
    kinds: BAD_KINDS.length,
    answers,
    concurrency: options.swapConcurrency,
    requests: samples.length,
    failed: failures(samples),
    steady: within(samples, steady),
    disturbed: within(samples, disturbed),
    residentBytes: { before, after: residentBytes(served.pid), peak },
  };
}
