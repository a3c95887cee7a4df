import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  TrainingHistory,
  type TrainingPoint,
  type ValidationPoint,
} from '../../../../../services/cli/launcher/state/training-history.js';

const trained = (step: number, samples: number, loss: number, accuracy: number): TrainingPoint => ({
  step,
  epoch: 0,
  samples,
  loss,
  accuracy,
  imagesPerSecond: 10,
  learningRate: 0.001,
  timeUnixMs: step * 1000,
});
const validated = (step: number, loss = 1): ValidationPoint => ({
  step,
  epoch: 0,
  samples: 20,
  loss,
  accuracy: 0.5,
  version: '',
  promoted: false,
  timeUnixMs: step * 1000,
});

test('training figures of a validation are means over the steps since the one before, weighted by samples', () => {
  const history = new TrainingHistory();
  history.addTraining(trained(1, 10, 2, 0.2));
  history.addTraining(trained(4, 40, 1, 0.6));
  history.addValidation(validated(4));
  history.addTraining(trained(5, 50, 0.5, 1));
  history.addValidation(validated(5));
  history.addValidation(validated(6));
  assert.deepEqual(history.trainingAtValidations(), [
    { loss: (2 * 10 + 1 * 30) / 40, accuracy: (0.2 * 10 + 0.6 * 30) / 40 },
    { loss: 0.5, accuracy: 1 },
    undefined,
  ]);
});

test('a validation that is reported after the next epoch has begun belongs to the epoch of its steps', () => {
  const history = new TrainingHistory();
  history.addTraining(trained(4, 40, 1, 0.6));
  history.addValidation({ ...validated(4), epoch: 1 });
  assert.equal(history.validations[0]?.epoch, 0);
});

test('steps that are made again after a crash replace what they were before', () => {
  const history = new TrainingHistory();
  for (const step of [2, 4, 6, 8]) history.addTraining(trained(step, step * 10, step, 0));
  history.addValidation(validated(8, 3));
  history.addTraining(trained(5, 50, 9, 0));
  history.addValidation(validated(8, 2));
  assert.deepEqual(
    history.training.map(({ step }) => step),
    [2, 4, 5],
  );
  assert.deepEqual(
    history.validations.map(({ loss }) => loss),
    [2],
  );
});

test('a long run keeps a bounded number of reports, from first to last, with the same mean', () => {
  const history = new TrainingHistory(8);
  for (let step = 1; step <= 1000; step++) history.addTraining(trained(step, step * 10, step, 0.5));
  assert.ok(history.training.length <= 8);
  assert.equal(history.training.at(-1)?.step, 1000);
  history.addValidation(validated(1000));
  assert.ok(Math.abs(history.trainingAtValidations()[0]!.loss - 500.5) < 1e-9);
});
