import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { longestWait, onStall, startWatchdog, waitFor } from '#libs/async';
import { until } from '../../helpers/until.js';

test('what is waited for has a name until it has come, or has failed', async () => {
  assert.equal(longestWait(), undefined);
  let arrive = (): void => undefined;
  const first = waitFor('batch 7', new Promise<void>((resolve) => (arrive = resolve)));
  const second = waitFor('the broker', () => delay(20).then(() => Promise.reject(new Error('away'))));
  assert.equal(longestWait()?.what, 'batch 7');
  arrive();
  await first;
  assert.equal(longestWait()?.what, 'the broker');
  await assert.rejects(second, /away/);
  assert.equal(longestWait(), undefined);
});

test('a watchdog says what nothing comes of, seldom, and when it has come; short waits it does not', async (t) => {
  const said: (string | undefined)[] = [];
  t.after(startWatchdog(100));
  t.after(onStall((stall) => said.push(stall)));
  for (let round = 0; round < 10; round++) await waitFor('something quick', delay(30));
  assert.deepEqual(said, []);
  await waitFor('batch 7 of preprocess', delay(900));
  await until(() => said.at(-1) === undefined && said.length > 0, 'the end of the wait');
  const stalls = said.slice(0, -1);
  assert.ok(stalls.length >= 1 && stalls.length <= 4, `said ${stalls.length} times`);
  assert.ok(stalls.every((stall) => /^no progress for \d+ s: waiting for batch 7 of preprocess$/.test(stall)));
});
