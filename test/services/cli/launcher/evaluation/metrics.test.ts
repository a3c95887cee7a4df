import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classificationMetrics, confusionMatrix } from '../../../../../services/cli/launcher/evaluation/metrics.js';
import { testLoss } from '../../../../../services/cli/launcher/evaluation/test-split.js';

const close = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} instead of ${expected}`);

test('rows of the confusion matrix are true classes, columns predicted ones', () => {
  assert.deepEqual(
    confusionMatrix(2, [
      [0, 1],
      [0, 1],
      [1, 1],
    ]),
    [
      [0, 2],
      [0, 1],
    ],
  );
});

test('the example of scikit-learn gives its numbers', () => {
  // User guide 3.4.4.10: y_true = [0, 1, 2, 0, 1, 2], y_pred = [0, 2, 1, 0, 0, 1]; per class precision [2/3, 0, 0],
  // recall [1, 0, 0], F1 [0.8, 0, 0], support 2 each, hence weighted 2/9, 1/3, 0.8/3 (the guide prints 0.22, 0.33,
  // 0.27).
  const truth = [0, 1, 2, 0, 1, 2];
  const predicted = [0, 2, 1, 0, 0, 1];
  const metrics = classificationMetrics(
    confusionMatrix(
      3,
      truth.map((index, position) => [index, predicted[position]!]),
    ),
  );
  close(metrics.accuracy, 1 / 3);
  close(metrics.precisionWeighted, 2 / 9);
  close(metrics.recallWeighted, 1 / 3);
  close(metrics.f1Weighted, 0.8 / 3);
});

test('classes of unequal size weigh by their true samples', () => {
  // By hand: supports 8, 2. Class 0: precision 7/8, recall 7/8, F1 7/8. Class 1: precision 1/2, recall 1/2, F1 1/2.
  const metrics = classificationMetrics([
    [7, 1],
    [1, 1],
  ]);
  close(metrics.accuracy, 0.8);
  close(metrics.precisionWeighted, (8 * 0.875 + 2 * 0.5) / 10);
  close(metrics.recallWeighted, metrics.accuracy);
  close(metrics.f1Weighted, 0.8);
});

test('a class that is never predicted counts with precision and F1 0 (zero_division=0)', () => {
  // By hand: class 0 predicted for all 4: precision 3/4, recall 1, F1 6/7; class 1: 0, 0, 0; weights 3/4 and 1/4.
  const metrics = classificationMetrics([
    [3, 0],
    [1, 0],
  ]);
  close(metrics.precisionWeighted, (3 / 4) * (3 / 4));
  close(metrics.recallWeighted, 3 / 4);
  close(metrics.f1Weighted, (3 / 4) * (6 / 7));
});

test('a class without true samples has no weight', () => {
  // By hand: class 1 has no true sample and one wrong prediction; class 0: precision 1, recall 2/3, F1 0.8.
  const metrics = classificationMetrics([
    [2, 1],
    [0, 0],
  ]);
  close(metrics.precisionWeighted, 1);
  close(metrics.recallWeighted, 2 / 3);
  close(metrics.f1Weighted, 0.8);
});

test('nothing predicted gives zeros, not NaN', () => {
  assert.deepEqual(classificationMetrics(confusionMatrix(2, [])), {
    n: 0,
    accuracy: 0,
    precisionWeighted: 0,
    recallWeighted: 0,
    f1Weighted: 0,
    confusion: [
      [0, 0],
      [0, 0],
    ],
    onlyPredicted: null,
  });
});

test('one answer to everything is told from a good accuracy, as the share of the largest class', () => {
  const constant = classificationMetrics([
    [0, 0, 300],
    [0, 0, 306],
    [0, 0, 405],
  ]);
  assert.equal(constant.onlyPredicted, 2);
  assert.equal(
    classificationMetrics([
      [1, 0, 299],
      [0, 0, 306],
      [0, 0, 405],
    ]).onlyPredicted,
    null,
  );
  // Images of one class alone say nothing.
  assert.equal(
    classificationMetrics([
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 405],
    ]).onlyPredicted,
    null,
  );
});

test('the test loss is that of the network, whatever temperature it is served at', () => {
  const logits = [
    [2, 0.5, -1],
    [0, 0, 3],
    [1, 4, 1],
  ];
  const softmax = (row: readonly number[], temperature: number): number[] => {
    const powers = row.map((value) => Math.exp(value / temperature));
    return powers.map((value) => value / powers.reduce((sum, each) => sum + each, 0));
  };
  const labels = [0, 1, 1];
  const expected = labels.reduce((sum, label, row) => sum - Math.log(softmax(logits[row]!, 1)[label]!), 0) / 3;
  for (const temperature of [1, 0.7, 2.5]) {
    const served = logits.map((row, index) => ({
      trueIndex: labels[index]!,
      probabilities: softmax(row, temperature),
    }));
    assert.ok(Math.abs(testLoss(3, served, temperature) - expected) < 1e-6);
  }
});
