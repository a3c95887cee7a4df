import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oneVersusRest, rocCurve } from '../../../../services/cli/report/roc.js';

const T = true;
const F = false;

test('the example of scikit-learn has area 0.75', () => {
  // roc_auc_score's docstring: y_true = [0, 0, 1, 1], scores = [0.1, 0.4, 0.35, 0.8].
  const curve = rocCurve([0.1, 0.4, 0.35, 0.8], [F, F, T, T])!;
  assert.equal(curve.auc, 0.75);
  assert.deepEqual(
    curve.points.map(({ falsePositiveRate, truePositiveRate }) => [falsePositiveRate, truePositiveRate]),
    [
      [0, 0],
      [0, 0.5],
      [0.5, 0.5],
      [0.5, 1],
      [1, 1],
    ],
  );
});

test('pairs of equal score count half, in whatever order they come', () => {
  // By hand, pairs (positive, negative) of scores {0.9, 0.5, 0.5} and {0.5, 0.2}: 0.9 beats both, each 0.5 ties one and
  // beats one: (2 + 1.5 + 1.5) / 6.
  const expected = 5 / 6;
  for (const [scores, truth] of [
    [
      [0.9, 0.5, 0.5, 0.5, 0.2],
      [T, T, T, F, F],
    ],
    [
      [0.2, 0.5, 0.5, 0.9, 0.5],
      [F, F, T, T, T],
    ],
  ] as const) {
    assert.ok(Math.abs(rocCurve(scores, truth)!.auc - expected) < 1e-15);
  }
});

test('scores that are all equal say nothing: one straight line, area one half', () => {
  const curve = rocCurve([0.25, 0.25, 0.25], [T, F, F])!;
  assert.equal(curve.auc, 0.5);
  assert.equal(curve.points.length, 2);
});

test('perfect order has area 1, reversed order 0', () => {
  assert.equal(rocCurve([0.9, 0.8, 0.1], [T, T, F])!.auc, 1);
  assert.equal(rocCurve([0.9, 0.8, 0.1], [F, F, T])!.auc, 0);
});

test('a class without samples, or without others, has no curve', () => {
  const curves = oneVersusRest(3, [
    { trueIndex: 0, probabilities: [0.7, 0.3, 0] },
    { trueIndex: 1, probabilities: [0.6, 0.4, 0] },
  ]);
  assert.deepEqual(
    curves.map((curve) => curve?.auc),
    [1, 1, undefined],
  );
  assert.equal(rocCurve([0.5], [T]), undefined);
});
