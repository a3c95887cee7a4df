import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { TurnLimit } from '#libs/async';

test('a turn of the event loop begins as many as it may, and others in turns behind it, the first first', async () => {
  const turns = new TurnLimit(3);
  const begun: number[] = [];
  const all = Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      await turns.begin();
      begun.push(index);
    }),
  );
  const byTurn = [];
  for (let turn = 0; turn < 4; turn++) {
    await Promise.resolve();
    byTurn.push(begun.length);
    await nextTurn();
  }
  await all;
  assert.deepEqual(byTurn, [3, 6, 8, 8]);
  assert.deepEqual(begun, [0, 1, 2, 3, 4, 5, 6, 7]);
});

test('who gives up while waiting for a turn begins in none', async () => {
  const turns = new TurnLimit(1);
  await turns.begin();
  const caller = new AbortController();
  const waiting = turns.begin(caller.signal);
  caller.abort(new Error('gone'));
  await assert.rejects(waiting, /gone/);
});
