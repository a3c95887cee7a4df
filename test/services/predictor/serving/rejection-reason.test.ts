import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SulcusError } from '#libs/errors';
import { Admission } from '../../../../services/predictor/serving/admission.js';
import { reasonOf } from '../../../../services/predictor/serving/rejection-reason.js';

test('an error is sorted by what an operator would do about it', () => {
  const sorted = (
    [
      'CANCELLED',
      'DEADLINE_EXCEEDED',
      'MODEL_NOT_READY',
      'SERVICE_UNAVAILABLE',
      'ENGINE_FAILED',
      'BUS_UNAVAILABLE',
      'IMAGE_EMPTY',
      'INVALID_ARGUMENT',
      'NOT_FOUND',
      'UNIMPLEMENTED',
      'INTERNAL',
    ] as const
  ).map((code) => reasonOf(new SulcusError(code, '')));
  assert.deepEqual(sorted, [
    'CANCELLED',
    'DEADLINE',
    'NOT_READY',
    'NOT_READY',
    'BACKEND',
    'BROKER',
    'INVALID',
    'INVALID',
    'INVALID',
    'INVALID',
    'OTHER',
  ]);
});

test('a refusal is sorted by the bound that was reached', () => {
  const reasons = [
    { maxRequests: 1, maxBytes: 100 },
    { maxRequests: 5, maxBytes: 10 },
  ].map((limits) => {
    const admission = new Admission(limits);
    admission.enter(10);
    try {
      admission.enter(10);
      return undefined;
    } catch (error) {
      return reasonOf(SulcusError.from(error));
    }
  });
  assert.deepEqual(reasons, ['QUEUE_REQUESTS', 'QUEUE_BYTES']);
});
