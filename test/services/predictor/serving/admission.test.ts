import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SulcusError } from '#libs/errors';
import { isCode } from '../../../helpers/errors.js';
import { Admission, type AdmissionLimits } from '../../../../services/predictor/serving/admission.js';

const never = new AbortController().signal;

/** An admission, and the limits that its rejections were for. */
function admissionOf(limits: AdmissionLimits) {
  const reasons: unknown[] = [];
  return { reasons, admission: new Admission(limits, ({ details }) => reasons.push(details.reason)) };
}

test('Admission - rejects beyond the number of requests, and takes in again when one is released', () => {
  const { admission, reasons } = admissionOf({ maxRequests: 2, maxBytes: 1000 });
  const release = admission.tryAcquire({ sizeBytes: 1 });
  admission.tryAcquire({ sizeBytes: 1 });
  assert.throws(() => admission.tryAcquire({ sizeBytes: 1 }), isCode('BACKPRESSURE'));
  assert.deepEqual(reasons, ['requests']);
  release();
  admission.tryAcquire({ sizeBytes: 1 });
  assert.equal(admission.requests, 2);
});

test('Admission - rejects beyond the bytes, but takes a single request of any size', () => {
  const { admission, reasons } = admissionOf({ maxRequests: 10, maxBytes: 100 });
  const release = admission.tryAcquire({ sizeBytes: 500 });
  assert.throws(() => admission.tryAcquire({ sizeBytes: 1 }), isCode('BACKPRESSURE'));
  assert.deepEqual(reasons, ['bytes']);
  release();
  admission.tryAcquire({ sizeBytes: 60 });
  admission.tryAcquire({ sizeBytes: 40 });
  assert.throws(() => admission.tryAcquire({ sizeBytes: 1 }), isCode('BACKPRESSURE'));
});

test('Admission - a request that is admitted holds its place until its work has ended, however it ends', async () => {
  const { admission } = admissionOf({ maxRequests: 1, maxBytes: 100 });
  const failing = admission.admit({ sizeBytes: 1 }, () => Promise.reject(new SulcusError('IMAGE_EMPTY', 'no bytes')));
  assert.equal(admission.requests, 1);
  await assert.rejects(failing, isCode('IMAGE_EMPTY'));
  assert.equal(admission.requests, 0);
});

test('Admission - requests with explanations take no more than their part, and wait for it', async () => {
  const admission = new Admission({ maxRequests: 3, maxBytes: 1000, maxExplained: 1 });
  const release = admission.tryAcquire({ sizeBytes: 1, explained: true });
  assert.throws(
    () => admission.tryAcquire({ sizeBytes: 1, explained: true }),
    (error) => isCode('BACKPRESSURE')(error) && error.details.reason === 'explanations',
  );
  const waiting = admission.acquire({ sizeBytes: 1, explained: true }, never);
  admission.tryAcquire({ sizeBytes: 1 });
  release();
  (await waiting)();
  admission.tryAcquire({ sizeBytes: 1 });
  admission.tryAcquire({ sizeBytes: 1 });
  assert.throws(
    () => admission.tryAcquire({ sizeBytes: 1, explained: true }),
    (error) => (error as SulcusError).details.reason === 'requests',
  );
});

test('Admission - waiting requests are taken in as others are released, in their order', async () => {
  const admission = new Admission({ maxRequests: 1, maxBytes: 100 });
  const release = admission.tryAcquire({ sizeBytes: 1 });
  const order: string[] = [];
  const waiting = ['a', 'b'].map(async (name) => {
    const releaseLater = await admission.acquire({ sizeBytes: 1 }, never);
    order.push(name);
    await nextTurn();
    releaseLater();
  });
  assert.deepEqual(order, []);
  release();
  await Promise.all(waiting);
  assert.deepEqual(order, ['a', 'b']);
  assert.equal(admission.requests, 0);
});

test('Admission - a request whose caller gives up while it waits takes no place', async () => {
  const admission = new Admission({ maxRequests: 1, maxBytes: 100 });
  const release = admission.tryAcquire({ sizeBytes: 1 });
  const caller = new AbortController();
  const waiting = admission.acquire({ sizeBytes: 1 }, caller.signal);
  caller.abort();
  await assert.rejects(waiting, isCode('CANCELLED'));
  release();
  assert.equal(admission.requests, 0);
});
