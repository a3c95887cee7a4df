import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrainingHistory } from '../../../../services/cli/launcher/state/training-history.js';
import { trainingLog } from '../../../../services/cli/report/training-log.js';

const startedUnixMs = Date.UTC(2026, 0, 31, 23, 50, 0);

test('one line per validation, and the time it all took', () => {
  const history = new TrainingHistory();
  const at = (seconds: number): number => startedUnixMs + seconds * 1000;
  history.addTraining({
    step: 4,
    epoch: 0,
    samples: 40,
    loss: 1.25,
    accuracy: 0.6,
    imagesPerSecond: 10,
    learningRate: 0.001,
    timeUnixMs: at(30),
  });
  history.addValidation({
    step: 4,
    epoch: 0,
    samples: 20,
    loss: 0.87912,
    accuracy: 0.915,
    version: '',
    promoted: false,
    timeUnixMs: at(31),
  });
  history.addTraining({
    step: 8,
    epoch: 1,
    samples: 80,
    loss: 0.5,
    accuracy: 1,
    imagesPerSecond: 10,
    learningRate: 0.001,
    timeUnixMs: at(600),
  });
  history.addValidation({
    step: 8,
    epoch: 1,
    samples: 20,
    loss: 0.5,
    accuracy: 1,
    version: '',
    promoted: false,
    timeUnixMs: at(604.3),
  });
  assert.deepEqual(trainingLog(history, startedUnixMs).split('\n'), [
    '2026-01-31 23:50:31 || [0/2], train_loss = 1.2500, train_accuracy = 0.60, ' +
      'valid_loss = 0.8791, valid_accuracy = 0.92',
    '2026-02-01 00:00:04 || [1/2], train_loss = 0.5000, train_accuracy = 1.00, ' +
      'valid_loss = 0.5000, valid_accuracy = 1.00',
    'End of training, elapsed time : 10 min 4 sec.',
    '',
  ]);
});

test('a run without validations took no time', () => {
  assert.equal(trainingLog(new TrainingHistory(), startedUnixMs), 'End of training, elapsed time : 0 min 0 sec.\n');
});
