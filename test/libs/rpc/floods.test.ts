import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '#libs/rpc';
import { FLOODS } from './_floods.js';
import type { Held } from './_flood-server.js';

/** Sources beside sources, compiled code beside compiled code. */
const beside = (name: string): string => path.join(import.meta.dirname, `${name}${path.extname(import.meta.filename)}`);

const SECONDS = 2;
const MIB = 2 ** 20;
/** What answers that nobody takes may hold (docs/limits.md), and half as much around them. */
const MAX_GROWTH_BYTES = 400 * MIB;

let server: ChildProcess;
let address: string;
let client: ReturnType<typeof createClient<'Inference'>>;
before(async () => {
  server = fork(beside('_flood-server'), { execArgv: [...process.execArgv, '--expose-gc'] });
  [{ address }] = (await once(server, 'message')) as [{ address: string }];
  client = createClient('Inference', address);
});
after(() => {
  client.close();
  server.kill();
});

async function held(): Promise<Held> {
  server.send('');
  const [said] = (await once(server, 'message')) as [Held];
  return said;
}

/** Calls one after the other until it is told to stop. @returns how long each took, in milliseconds, ascending */
function startCaller(): () => Promise<number[]> {
  const tookMs: number[] = [];
  let isOver = false;
  const calling = (async () => {
    while (!isOver) {
      const startedMs = performance.now();
      await client.serverLive({});
      tookMs.push(performance.now() - startedMs);
      await delay(5);
    }
  })();
  return async () => {
    isOver = true;
    await calling;
    return tookMs.sort((a, b) => a - b);
  };
}

const shares = (sorted: readonly number[]): string =>
  [0.5, 0.99, 1].map((share) => sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(1)).join('/');

async function flood(t: TestContext, kind: string): Promise<void> {
  const quiet = startCaller();
  await delay(500);
  const [before, quietMs] = [await held(), await quiet()];
  const calling = startCaller();
  const child = fork(beside('_flood'), [address, kind, String(SECONDS)]);
  t.after(() => child.kill());
  const [sent] = (await once(child, 'message')) as [{ bytes: number; opened: number; closed: number }];
  const during = await held();
  child.send('end');
  const floodedMs = await calling();
  let behind = await held();
  for (const untilMs = performance.now() + 15_000; performance.now() < untilMs; behind = await held()) {
    if (behind.held - before.held < 50 * MIB) break;
    await delay(200);
  }
  const mib = (key: 'rss' | 'held'): string =>
    [before, during, behind].map((one) => (one[key] / MIB).toFixed(0)).join('/');
  t.diagnostic(
    `a caller's p50/p99/max ${shares(quietMs)}, meanwhile ${shares(floodedMs)} ms; event loop at most ` +
      `${during.waitedMs.toFixed(0)} ms; rss ${mib('rss')}, held ${mib('held')} MiB before/while/after; ` +
      `${(sent.bytes / 1e6 / SECONDS).toFixed(0)} MB/s, ${sent.opened} connections, ${sent.closed} closed`,
  );
  assert.ok(floodedMs.length >= 10, `${floodedMs.length} calls were answered`);
  assert.ok(during.held - before.held < MAX_GROWTH_BYTES, `${(during.held - before.held) / MIB} MiB more`);
  assert.ok(behind.held - before.held < 50 * MIB, `${(behind.held - before.held) / MIB} MiB stay`);
}

describe('floods of HTTP/2 frames: others are answered, memory is bounded and comes back', () => {
  for (const kind of Object.keys(FLOODS)) test(kind, (t) => flood(t, kind));
});
