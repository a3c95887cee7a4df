import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCode } from '../../../helpers/errors.js';
import {
  warmUpAndCheck,
  warmUpBatchSizes,
  type Checkable,
} from '../../../../services/predictor/servables/self-check.js';

const CLASSES = 3;
const good = [0.2, 0.3, 0.5];
const isInvalid = (text: RegExp) => isCode('MODEL_INVALID', text);

/** A model that answers every image with the same row, and keeps the batch sizes it was asked. */
function model(rowOf: (call: number) => readonly number[], counts: number[] = []): Checkable {
  return {
    predict: async (pixels, count) => {
      assert.equal(pixels.length, count * 12);
      counts.push(count);
      return Float32Array.from(Array.from({ length: count }, () => rowOf(counts.length)).flat());
    },
  };
}

test('warmUpAndCheck - runs every batch size and accepts a model that repeats itself', async () => {
  const counts: number[] = [];
  await warmUpAndCheck(
    model(() => good, counts),
    12,
    CLASSES,
    [1, 2, 4],
  );
  assert.deepEqual(counts, [1, 1, 2, 4, 1]);
});

test('warmUpAndCheck - rejects answers that are no probabilities', async () => {
  for (const row of [
    [NaN, 0.5, 0.5],
    [Infinity, 0, 0],
    [0.2, 0.2, 0.2],
    [-0.5, 1, 0.5],
    [2, -0.5, -0.5],
  ]) {
    await assert.rejects(
      warmUpAndCheck(
        model(() => row),
        12,
        CLASSES,
        [1],
      ),
      isInvalid(/no probabilities/),
      String(row),
    );
  }
});

test('warmUpAndCheck - rejects a model that fails only in a larger batch', async () => {
  await assert.rejects(
    warmUpAndCheck(
      model((call) => (call === 3 ? [NaN, 0, 1] : good)),
      12,
      CLASSES,
      [1, 4],
    ),
    isInvalid(/no probabilities/),
  );
});

test('warmUpAndCheck - rejects a model that answers the same image differently', async () => {
  await assert.rejects(
    warmUpAndCheck(
      model((call) => (call === 3 ? [0.3, 0.2, 0.5] : good)),
      12,
      CLASSES,
      [1],
    ),
    isInvalid(/differently/),
  );
});

test('warmUpAndCheck - rejects a wrong number of classes', async () => {
  await assert.rejects(
    warmUpAndCheck(
      model(() => [0.5, 0.5]),
      12,
      CLASSES,
      [1],
    ),
    isInvalid(/2 values for 1 images of 3 classes/),
  );
});

test('warmUpBatchSizes - powers of two up to and with the largest, and preferred sizes', () => {
  assert.deepEqual(warmUpBatchSizes(1), [1]);
  assert.deepEqual(warmUpBatchSizes(8), [1, 2, 4, 8]);
  assert.deepEqual(warmUpBatchSizes(12), [1, 2, 4, 8, 12]);
  assert.deepEqual(warmUpBatchSizes(8, [6, 2]), [1, 2, 4, 6, 8]);
});
