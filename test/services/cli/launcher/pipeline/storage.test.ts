import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_MAX_BYTES } from '#libs/bus';
import { limitsFor } from '../../../../../services/cli/launcher/pipeline/storage.js';

const total = Object.values(DEFAULT_MAX_BYTES).reduce((sum, bytes) => sum + bytes, 0);

test('a roomy disk keeps the usual sizes', () => {
  assert.deepEqual(limitsFor(total / 0.7 + 1), {});
});

test('on a small disk images and models get what the other streams leave, and all together fit', () => {
  const { SCANS, BLOBS, PREDICTION_INPUTS } = limitsFor(10e9).maxBytes!;
  assert.equal(SCANS, BLOBS);
  const elastic = DEFAULT_MAX_BYTES.SCANS + DEFAULT_MAX_BYTES.BLOBS + DEFAULT_MAX_BYTES.PREDICTION_INPUTS;
  const sum = total - elastic + SCANS! + BLOBS! + PREDICTION_INPUTS!;
  assert.ok(Math.abs(sum - 7e9) < 10);
});

test('a full disk is refused with what to do', () => {
  assert.throws(() => limitsFor(1e9), { code: 'STORAGE_FULL', message: /Only 1\.0 GB are free.*--state/ });
});
