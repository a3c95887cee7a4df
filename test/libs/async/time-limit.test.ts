import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { timeLimit } from '#libs/async';
import { root } from '../../../scripts/setup/paths.mjs';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const untilAborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason), { once: true }));

test('a time limit ends what nobody else refers to, however often garbage is collected', async () => {
  const never = new AbortController().signal;
  const ended = Array.from({ length: 50 }, (_, index) => untilAborted(timeLimit(never, 200 + index).signal));
  const collecting = setInterval(collectGarbage, 10);
  const reasons = await Promise.race([Promise.all(ended), delay(5000, [])]);
  clearInterval(collecting);
  assert.equal(reasons.length, 50);
  assert.ok(reasons.every((reason) => (reason as Error).name === 'TimeoutError'));
});

test('a time limit ends with the signal that it goes by, for its reason, also one that has ended before', async () => {
  const stop = new AbortController();
  const limit = timeLimit(stop.signal, 60_000).signal;
  assert.equal(limit.aborted, false);
  const reason = new Error('stopped');
  stop.abort(reason);
  assert.equal(limit.reason, reason);
  assert.equal(timeLimit(stop.signal, 60_000).signal.reason, reason);
});

test('no timeout is joined with other signals: garbage collection would take it', () => {
  const wrong = ['libs', 'services'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => path.join(folder, file))
      .filter((file) => {
        const text = readFileSync(path.join(root, file), 'utf8').replaceAll(/\/\*\*[^]*?\*\//g, '');
        return /AbortSignal\.any\(\[[^\]]*AbortSignal\.timeout/.test(text);
      }),
  );
  assert.deepEqual(wrong, []);
});

test('a time limit that is let go of ends nothing any more', async () => {
  const { signal } = new AbortController();
  const limit = timeLimit(signal, 50);
  limit[Symbol.dispose]();
  await delay(150);
  assert.equal(limit.signal.aborted, false);
});
