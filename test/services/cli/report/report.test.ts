import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { encodeImage, renderPhantom } from '#libs/imaging';
import type { TestPrediction } from '../../../../services/cli/launcher/evaluation/test-split.js';
import { classificationMetrics, confusionMatrix } from '../../../../services/cli/launcher/evaluation/metrics.js';
import { PipelineState } from '../../../../services/cli/launcher/state/pipeline-state.js';
import { costOf } from '../../../../services/cli/launcher/cost.js';
import { chooseExamples } from '../../../../services/cli/report/examples.js';
import { prepareReportFolder, writeReport } from '../../../../services/cli/report/index.js';
import { TrainingHistory } from '../../../../services/cli/launcher/state/training-history.js';
import { ticks } from '../../../../services/cli/report/svg/ticks.js';
import { summarise } from '../../../../services/cli/launcher/summary.js';

const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-report-'));
after(() => rmSync(folder, { recursive: true }));

const CLASSES = ['glioma', 'no <tumor>', 'with "quotes", and comma'];

/** Thirty predictions of which every fifth is wrong. */
const predictions: TestPrediction[] = Array.from({ length: 30 }, (_, index) => {
  const trueIndex = index % 3;
  const predictedIndex = index % 5 === 0 ? (trueIndex + 1) % 3 : trueIndex;
  return {
    fileName: `a,b/${index}.png`,
    sampleId: `id${index}`,
    sequence: index + 1,
    trueIndex,
    predictedIndex,
    probabilities: CLASSES.map((_, index) => (index === predictedIndex ? 0.8 : 0.1)),
  };
});

function history(): TrainingHistory {
  const course = new TrainingHistory();
  for (let step = 1; step <= 40; step++) {
    const timeUnixMs = 1_700_000_000_000 + step * 500;
    course.addTraining({
      step,
      epoch: Math.floor((step - 1) / 10),
      samples: step * 8,
      loss: 1.1 * 0.95 ** step,
      accuracy: 1 - 0.6 * 0.95 ** step,
      imagesPerSecond: 50,
      learningRate: 0.001,
      timeUnixMs,
    });
    if (step % 10 === 0)
      course.addValidation({
        step,
        epoch: step / 10 - 1,
        samples: 20,
        loss: 1.2 * 0.96 ** step,
        accuracy: 1 - 0.65 * 0.96 ** step,
        version: `main-00000${step / 10}`,
        promoted: step !== 30,
        timeUnixMs,
      });
  }
  return course;
}

const metrics = classificationMetrics(
  confusionMatrix(
    3,
    predictions.map(({ trueIndex, predictedIndex }) => [trueIndex, predictedIndex]),
  ),
);
const source = {
  dataDescription: '90 files of 3 classes',
  recipe: 'default',
  run: 'main',
  seed: 1,
  classes: CLASSES,
  startedUnixMs: 1_700_000_000_000,
  summary: summarise(new PipelineState(), { requests: 30, failedRequests: 0 }, metrics, costOf(624_000, 0.736)),
  history: history(),
  evaluation: { metrics, predictions, temperature: 1.25 },
};
const image = await encodeImage(renderPhantom({ class: 'glioma', seed: 1, size: 200 }), 'png');
const report = path.join(folder, 'report');
await writeReport(report, source, async ({ sequence }) => (sequence === 1 ? undefined : image));

const rows = (name: string): Record<string, string>[] =>
  parse(readFileSync(path.join(report, name)), { columns: true });

test('the folder has tables, figures, a page and events, and a second report replaces the first', async () => {
  writeFileSync(path.join(report, 'tensorboard', 'events.out.tfevents.1.sulcus'), '');
  writeFileSync(path.join(report, 'tensorboard', 'kept.txt'), '');
  await writeReport(report, source, async () => image);
  assert.deepEqual(readdirSync(report).sort(), [
    'accuracy.svg',
    'classes.csv',
    'index.html',
    'loss.svg',
    'metrics.csv',
    'metrics.json',
    'predictions.csv',
    'tensorboard',
    'training.csv',
    'training.log',
  ]);
  assert.deepEqual(readdirSync(path.join(report, 'tensorboard')).sort(), [
    'events.out.tfevents.1700000000.sulcus',
    'kept.txt',
  ]);
});

test('predictions are read back as they were, whatever names hold', () => {
  const read = rows('predictions.csv');
  assert.equal(read.length, 30);
  assert.deepEqual(read[5], {
    file_name: 'a,b/5.png',
    sample_id: 'id5',
    true_class: CLASSES[2],
    predicted_class: CLASSES[0],
    probability_glioma: '0.8',
    'probability_no <tumor>': '0.1',
    'probability_with "quotes", and comma': '0.1',
  });
});

test('tables and JSON agree on validations, training and classes', () => {
  const json = JSON.parse(readFileSync(path.join(report, 'metrics.json'), 'utf8')) as {
    validations: { step: number; loss: number; trainAccuracy: number }[];
    training: unknown[];
    test: { accuracy: number; classes: { name: string; f1: number; rocAuc: number }[] };
  };
  assert.deepEqual(
    rows('metrics.csv').map(({ step, valid_loss, train_accuracy }) => [
      Number(step),
      Number(valid_loss),
      Number(train_accuracy),
    ]),
    json.validations.map(({ step, loss, trainAccuracy }) => [step, loss, trainAccuracy]),
  );
  assert.equal(rows('training.csv').length, json.training.length);
  assert.deepEqual(
    rows('classes.csv').map((row) => [row.class, Number(row.f1), Number(row.roc_auc)]),
    json.test.classes.map(({ name, f1, rocAuc }) => [name, f1, rocAuc]),
  );
  assert.equal(json.test.accuracy, 0.8);
});

test('the page needs nothing from elsewhere and takes names for text', () => {
  const page = readFileSync(path.join(report, 'index.html'), 'utf8');
  assert.doesNotMatch(page, /<(script|link|iframe|object|embed)|@import|url\(/i);
  for (const [, address] of page.matchAll(/\b(?:src|href)="([^"]*)"/g))
    assert.match(address!, /^data:image\/jpeg;base64,/);
  assert.doesNotMatch(page, /no <tumor>/);
  assert.match(page, /0\.13 \(624 s at 0\.736 per hour\)/);
  assert.match(page, /no &lt;tumor&gt;/);
  assert.match(page, /calibrated on the validation split, temperature 1\.250/);
  assert.doesNotMatch(page, /NaN|undefined|Infinity/);
  assert.equal(page.match(/<figure/g)?.length, 24);
  assert.equal(page.match(/<figure class="wrong"/g)?.length, 6);
  assert.equal(page.match(/<svg /g)?.length, 4);
});

test('a run without test images or validations has a report too', async () => {
  const empty = path.join(folder, 'empty');
  const nothing = { metrics: classificationMetrics(confusionMatrix(3, [])), predictions: [], temperature: 1 };
  await writeReport(empty, { ...source, history: new TrainingHistory(), evaluation: nothing }, async () => undefined);
  const page = readFileSync(path.join(empty, 'index.html'), 'utf8');
  assert.match(page, /The test split has no images/);
  assert.match(page, /not calibrated/);
  assert.doesNotMatch(page, /NaN|undefined|Infinity/);
});

test('examples show mistakes first and fill up with what is there', () => {
  const wrong = (count: number): TestPrediction[] => Array.from({ length: count }, () => ({ ...predictions[0]! }));
  const right = (count: number): TestPrediction[] => Array.from({ length: count }, () => ({ ...predictions[1]! }));
  const mistakes = (chosen: TestPrediction[]): number =>
    chosen.filter(({ trueIndex, predictedIndex }) => trueIndex !== predictedIndex).length;
  for (const [wrongCount, rightCount, total, shown] of [
    [100, 100, 24, 12],
    [100, 4, 24, 20],
    [3, 100, 24, 3],
    [2, 3, 5, 2],
    [100, 0, 24, 24],
  ] as const) {
    const chosen = chooseExamples([...right(rightCount), ...wrong(wrongCount)]);
    assert.deepEqual([chosen.length, mistakes(chosen)], [total, shown]);
    assert.equal(mistakes(chosen.slice(0, shown)), shown);
  }
});

test('axes have round ticks that cover the data', () => {
  assert.deepEqual(ticks(0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(ticks(0, 1.07), [0, 0.25, 0.5, 0.75, 1, 1.25]);
  assert.deepEqual(ticks(0, 40), [0, 10, 20, 30, 40]);
  assert.deepEqual(ticks(3, 3).length >= 2, true);
  assert.deepEqual(ticks(0, 0).length >= 2, true);
});

test('a folder that cannot be made is refused before anything runs', () => {
  writeFileSync(path.join(folder, 'file'), '');
  assert.throws(() => prepareReportFolder(path.join(folder, 'file', 'report')), { code: 'INVALID_CONFIG' });
});

test('accuracy and loss by epoch are pictures of their own: axes, title, dots where the figures are', () => {
  for (const [name, key, word] of [
    ['accuracy.svg', 'accuracy', 'Accuracy'],
    ['loss.svg', 'loss', 'Loss'],
  ] as const) {
    const picture = readFileSync(path.join(report, name), 'utf8');
    for (const text of [`default - Training and Validation ${word}`, 'Epochs', word, `Training ${word}`])
      assert.ok(picture.includes(`>${text}</text>`), text);
    assert.match(picture, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]*><style>/);
    const dots = (colour: string): number[] =>
      [...picture.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)" r="3.2" fill="(#\w+)"/g)]
        .filter((dot) => dot[3] === colour)
        .map((dot) => Number(dot[2]))
        .slice(0, -1); // the last is the legend's
    const [training, validation] = [dots('#1f5fa0'), dots('#c62f2f')];
    assert.deepEqual([training.length, validation.length], [4, 4]);
    const rising = key === 'accuracy';
    for (const course of [training, validation])
      assert.deepEqual(
        [...course].sort((left, right) => (rising ? right - left : left - right)),
        course,
      );
  }
});

test('a point by epoch is the mean of its training and its last validation', () => {
  const course = history();
  course.addTraining({ ...course.training.at(-1)!, step: 41, epoch: 4, samples: 328, loss: 0.5 });
  const epochs = course.byEpoch('loss');
  assert.deepEqual(
    epochs.map(({ epoch }) => epoch),
    [0, 1, 2, 3, 4],
  );
  const second = Array.from({ length: 10 }, (_, index) => 1.1 * 0.95 ** (11 + index));
  assert.ok(Math.abs(epochs[1]!.training - second.reduce((sum, loss) => sum + loss, 0) / 10) < 1e-12);
  assert.equal(epochs[1]!.validation, 1.2 * 0.96 ** 20);
  assert.deepEqual([epochs[4]!.training, epochs[4]!.validation], [0.5, NaN]);
});
