import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCode } from '../../../helpers/errors.js';
import { ShadowComparison } from '../../../../services/predictor/shadow/comparison.js';
import { isInShare } from '../../../../services/predictor/shadow/share.js';

const answer = (classes: readonly string[], probabilities: readonly number[], inferenceMs = 1) => ({
  classes,
  probabilities: Float32Array.from(probabilities),
  inferenceMs,
});

test('a comparison counts agreement, differences and pairs of classes, whatever the order of the classes', () => {
  const pair = new ShadowComparison('main-000001', 'main-000002');
  pair.add(answer(['a', 'b'], [0.75, 0.25], 4), answer(['a', 'b'], [0.5, 0.5], 8));
  pair.add(answer(['a', 'b'], [0.25, 0.75], 2), answer(['b', 'a'], [0.25, 0.75], 6));
  pair.add(answer(['a', 'b'], [0.25, 0.75], 3), answer(['b', 'a'], [0.75, 0.25], 4));
  pair.dropped += 2;
  assert.deepEqual(pair.report(), {
    liveVersion: 'main-000001',
    shadowVersion: 'main-000002',
    compared: 3,
    agreed: 2,
    meanAbsoluteDifference: (0.25 + 0.5 + 0) / 3,
    confusion: [
      { liveClass: 'a', shadowClass: 'a', count: 1 },
      { liveClass: 'b', shadowClass: 'a', count: 1 },
      { liveClass: 'b', shadowClass: 'b', count: 1 },
    ],
    liveInferenceMs: 3,
    shadowInferenceMs: 6,
    dropped: 2,
    failed: 0,
  });
});

test('versions that tell different classes apart cannot be compared', () => {
  const pair = new ShadowComparison('main-000001', 'main-000002');
  for (const classes of [
    ['a', 'c'],
    ['a', 'b', 'c'],
  ]) {
    assert.throws(
      () =>
        pair.add(
          answer(['a', 'b'], [1, 0]),
          answer(
            classes,
            classes.map(() => 0),
          ),
        ),
      isCode('MODEL_INVALID'),
    );
  }
  assert.equal(pair.report().compared, 0);
});

test('a share of predictions is as large as it says, the same each time, and part of every larger share', () => {
  const ids = Array.from({ length: 10_000 }, (_, index) => `prediction ${index}`);
  for (const share of [0.01, 0.1, 0.5, 0.9]) {
    const chosen = ids.filter((id) => isInShare(id, share));
    // Four standard deviations of a binomial distribution.
    assert.ok(
      Math.abs(chosen.length - 10_000 * share) < 4 * Math.sqrt(10_000 * share * (1 - share)),
      `${chosen.length} of 10,000 for ${share}`,
    );
    assert.ok(chosen.every((id) => isInShare(id, share) && isInShare(id, share + 0.1)));
  }
  assert.ok(!ids.some((id) => isInShare(id, 0)) && ids.every((id) => isInShare(id, 1)));
});
