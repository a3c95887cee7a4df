import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { abortable, Notifier, pause, Sequencer } from '#libs/async';

test('a notification wakes everyone who waits, an abort and a timeout those they belong to', {
  timeout: 2000,
}, async () => {
  const notifier = new Notifier();
  const both = Promise.all([notifier.wait(), notifier.wait()]);
  notifier.notify();
  await both;
  const gone = new AbortController();
  const waiting = notifier.wait(gone.signal);
  gone.abort();
  await waiting;
  await notifier.wait(gone.signal);
  await notifier.wait(undefined, 5);
});

test('a pause ends by itself or by an abort, and never throws', { timeout: 2000 }, async () => {
  await pause(1);
  const gone = new AbortController();
  const long = pause(60_000, gone.signal);
  gone.abort();
  await long;
  await pause(60_000, gone.signal);
});

test("who gives up gets the signal's reason, and the work goes on", async () => {
  let done = false;
  const work = sleep(20).then(() => (done = true));
  await assert.rejects(abortable(work, AbortSignal.timeout(1)), { code: 'DEADLINE_EXCEEDED' });
  assert.equal(done, false);
  await work;
  assert.equal(await abortable(Promise.resolve(1), new AbortController().signal), 1);
});

test('tickets are ready in the order they were taken, and one that was given up blocks nobody', async () => {
  const sequencer = new Sequencer();
  const order: number[] = [];
  await Promise.all(
    [30, 0, 10, 5].map(async (delayMs, index) => {
      const ticket = sequencer.next();
      await sleep(delayMs);
      if (index !== 2) {
        await ticket.ready;
        order.push(index);
      }
      ticket.release();
    }),
  );
  assert.deepEqual(order, [0, 1, 3]);
});
