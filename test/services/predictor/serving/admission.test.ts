import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SulcusError } from '#libs/errors';
import { Admission } from '../../../../services/predictor/serving/admission.js';

const isCode = (code: string) => (error: unknown) => error instanceof SulcusError && error.code === code;
const never = new AbortController().signal;

test('Admission - refuses beyond the number of requests, and takes in again when one leaves', () => {
  const admission = new Admission({ maxRequests: 2, maxBytes: 1000 });
  const leave = admission.enter(1);
  admission.enter(1);
  assert.throws(() => admission.enter(1), isCode('BACKPRESSURE'));
  assert.equal(admission.refused, 1);
  leave();
  admission.enter(1);
  assert.equal(admission.requests, 2);
});

test('Admission - refuses beyond the bytes, but takes a single request of any size', () => {
  const admission = new Admission({ maxRequests: 10, maxBytes: 100 });
  const leave = admission.enter(500);
  assert.throws(
    () => admission.enter(1),
    (error) => isCode('BACKPRESSURE')(error) && (error as SulcusError).details.reason === 'bytes',
  );
  assert.deepEqual(admission.refusedBy, { requests: 0, bytes: 1, explanations: 0 });
  leave();
  admission.enter(60);
  admission.enter(40);
  assert.throws(() => admission.enter(1), isCode('BACKPRESSURE'));
});

test('Admission - requests with explanations take no more than their part of the room, and wait for their own', async () => {
  const admission = new Admission({ maxRequests: 3, maxBytes: 1000, maxExplained: 1 });
  const leave = admission.enter(1, { explained: true });
  assert.throws(
    () => admission.enter(1, { explained: true }),
    (error) => isCode('BACKPRESSURE')(error) && (error as SulcusError).details.reason === 'explanations',
  );
  const waiting = admission.enterWhenRoom(1, never, { explained: true });
  admission.enter(1);
  leave();
  (await waiting)();
  admission.enter(1);
  admission.enter(1);
  assert.throws(
    () => admission.enter(1, { explained: true }),
    (error) => (error as SulcusError).details.reason === 'requests',
  );
});

test('Admission - waiting callers come in as others leave', async () => {
  const admission = new Admission({ maxRequests: 1, maxBytes: 100 });
  const leave = admission.enter(1);
  const order: string[] = [];
  const waiting = ['a', 'b'].map(async (name) => {
    const leaveLater = await admission.enterWhenRoom(1, never);
    order.push(name);
    await nextTurn();
    leaveLater();
  });
  assert.deepEqual(order, []);
  leave();
  await Promise.all(waiting);
  assert.deepEqual(order, ['a', 'b']);
  assert.equal(admission.requests, 0);
});

test('Admission - a caller that gives up while it waits takes no place', async () => {
  const admission = new Admission({ maxRequests: 1, maxBytes: 100 });
  const leave = admission.enter(1);
  const caller = new AbortController();
  const waiting = admission.enterWhenRoom(1, caller.signal);
  caller.abort();
  await assert.rejects(waiting, isCode('CANCELLED'));
  leave();
  assert.equal(admission.requests, 0);
});
