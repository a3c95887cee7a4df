import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SulcusError } from '#libs/errors';
import { readConfig } from '../../../services/predictor/config.js';

test('preferred batch sizes are whole numbers up to the batch size; none by default', () => {
  assert.deepEqual(readConfig({}).preferredBatchSizes, []);
  assert.deepEqual(readConfig({ SULCUS_PREFERRED_BATCH_SIZES: '4, 8' }).preferredBatchSizes, [4, 8]);
  const tooLarge = { SULCUS_PREFERRED_BATCH_SIZES: '4,32', SULCUS_BATCH_SIZE: '16' };
  assert.throws(
    () => readConfig(tooLarge),
    (error) =>
      SulcusError.from(error).code === 'INVALID_CONFIG' &&
      /SULCUS_PREFERRED_BATCH_SIZES: 32 is more than SULCUS_BATCH_SIZE, 16/.test(String(error)),
  );
});
