import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SulcusError, type ErrorCode } from '#libs/errors';
import { Admission } from '../../../../services/predictor/serving/admission.js';
import { rejectionReason, type RejectionReason } from '../../../../services/predictor/serving/rejection-reason.js';

const REASONS: readonly [ErrorCode, RejectionReason][] = [
  ['CANCELLED', 'CANCELLED'],
  ['DEADLINE_EXCEEDED', 'DEADLINE'],
  ['MODEL_NOT_READY', 'NOT_READY'],
  ['SERVICE_UNAVAILABLE', 'NOT_READY'],
  ['ENGINE_FAILED', 'BACKEND'],
  ['BUS_UNAVAILABLE', 'BROKER'],
  ['IMAGE_EMPTY', 'INVALID'],
  ['INVALID_ARGUMENT', 'INVALID'],
  ['NOT_FOUND', 'INVALID'],
  ['UNIMPLEMENTED', 'INVALID'],
  ['INTERNAL', 'OTHER'],
];

for (const [code, reason] of REASONS)
  test(`${code} is counted as ${reason}`, () => {
    assert.equal(rejectionReason(new SulcusError(code, '')), reason);
  });

test('a request that there is no room for is counted by the limit that was reached', () => {
  const reasons = [
    { maxRequests: 1, maxBytes: 100 },
    { maxRequests: 5, maxBytes: 10 },
  ].map((limits) => {
    const admission = new Admission(limits);
    admission.tryAcquire({ sizeBytes: 10 });
    try {
      admission.tryAcquire({ sizeBytes: 10 });
      return undefined;
    } catch (error) {
      return rejectionReason(SulcusError.from(error));
    }
  });
  assert.deepEqual(reasons, ['QUEUE_REQUESTS', 'QUEUE_BYTES']);
});
