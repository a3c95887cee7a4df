import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codecs, type PipelineEventInput, type ScanInput } from '#libs/contracts';
import { costOf, describeCost } from '../../../../services/cli/launcher/cost.js';
import { classificationMetrics } from '../../../../services/cli/launcher/evaluation/metrics.js';
import { PipelineState } from '../../../../services/cli/launcher/state/pipeline-state.js';
import { renderSummary, summarise } from '../../../../services/cli/launcher/summary.js';

/** As a service's report arrives from the bus: encoded and decoded. */
function apply(state: PipelineState, event: PipelineEventInput): void {
  state.applyEvent(
    codecs.PipelineEvent.decode(
      codecs.PipelineEvent.encode({ service: 'test', instance: 'one', timeUnixMs: 1, ...event }),
    ),
  );
}

function lose(state: PipelineState, scan: ScanInput, service = 'preprocess'): void {
  const original = { inline: codecs.Scan.encode(scan) };
  state.applyDeadLetter(
    codecs.DeadLetter.decode(
      codecs.DeadLetter.encode({
        service,
        code: 'IMAGE_TRUNCATED',
        cause: 'ends too early',
        source: 'SCANS/7',
        originalType: 'sulcus.v1.Scan',
        original,
      }),
    ),
  );
}

const IMPORT = {
  importId: 'a',
  offered: 20,
  ingested: 15,
  duplicates: 2,
  rejected: 3,
  train: 10,
  validation: 3,
  gate: 0,
  test: 2,
};

test('cumulative reports of one process replace each other, those of several add up', () => {
  const state = new PipelineState();
  apply(state, { ingest: { ...IMPORT, offered: 5, ingested: 5, duplicates: 0, rejected: 0 } });
  apply(state, { ingest: IMPORT });
  apply(state, { instance: 'two', ingest: { importId: '', offered: 1, ingested: 1, train: 1 } });
  assert.deepEqual(state.ingest, {
    offered: 21,
    ingested: 16,
    duplicates: 2,
    rejected: 3,
    train: 11,
    validation: 3,
    gate: 0,
    test: 2,
  });
});

test('a sample that was accepted and dead-lettered later moves from ingested to deadLettered, once', () => {
  const state = new PipelineState();
  apply(state, { ingest: IMPORT });
  lose(state, { sampleId: 'aa', split: 'SPLIT_TRAIN' });
  lose(state, { sampleId: 'aa', split: 'SPLIT_TRAIN' });
  lose(state, { sampleId: 'bb', split: 'SPLIT_VALIDATION' });
  lose(state, { sampleId: 'cc', split: 'SPLIT_TRAIN' }, 'ingest');
  const { images, split } = summarise(state, { requests: 0, failedRequests: 0 });
  assert.deepEqual(images, { offered: 20, ingested: 13, duplicates: 2, rejected: 3, deadLettered: 2 });
  assert.equal(images.ingested + images.duplicates + images.rejected + images.deadLettered, images.offered);
  assert.deepEqual(split, { train: 9, validation: 2, gate: 0, test: 2 });
  assert.equal(state.deadLetterCount, 4);
});

test('training figures come from the final report, models from registry events, swaps from changes of version', () => {
  const state = new PipelineState();
  apply(state, {
    service: 'trainer',
    state: { state: 'ready', message: 'ready', engine: 'portable (tfjs-wasm 4.22.0)' },
  });
  apply(state, { service: 'ingest', state: { state: 'ready', message: 'ready' } });
  apply(state, { training: { run: 'main', step: 5, samples: 100, loss: 1 } });
  apply(state, {
    finished: {
      run: 'main',
      reason: 'epochs',
      steps: 8,
      epochs: 2,
      samples: 160,
      imagesPerSecond: 40,
      inputStallFraction: 0.25,
    },
  });
  const moves = [
    ['KIND_PUBLISHED', 'main-000001'],
    ['KIND_PROMOTED', 'main-000001', 'champion'],
    ['KIND_PUBLISHED', 'main-000002'],
    ['KIND_DECLINED', 'main-000002'],
    ['KIND_PROMOTED', 'main-000002', 'candidate'],
  ] as const;
  for (const [kind, version, alias = ''] of moves) {
    state.applyModelEvent(
      codecs.ModelEvent.decode(
        codecs.ModelEvent.encode({ kind, version, alias, validationLoss: 0.5, validationAccuracy: 0.75 }),
      ),
    );
  }
  apply(state, { swap: { version: 'main-000001' } });
  apply(state, { instance: 'restarted', swap: { version: 'main-000001' } });
  const summary = summarise(state, { requests: 9, failedRequests: 0 });
  assert.equal(summary.engine, 'portable (tfjs-wasm 4.22.0)');
  assert.deepEqual(summary.training, {
    steps: 8,
    epochs: 2,
    samples: 160,
    imagesPerSecond: 40,
    inputStallFraction: 0.25,
  });
  assert.deepEqual(summary.models, [
    { version: 'main-000001', validation: { loss: 0.5, accuracy: 0.75 }, promoted: true },
    { version: 'main-000002', validation: { loss: 0.5, accuracy: 0.75 }, promoted: false },
  ]);
  assert.deepEqual(summary.served, { version: 'main-000001', swaps: 1, requests: 9, failedRequests: 0 });
  assert.equal(summary.test, undefined);
});

test('training that goes on takes back the final report', () => {
  const state = new PipelineState();
  apply(state, { finished: { steps: 8 } });
  apply(state, { training: { step: 9 } });
  assert.equal(state.finished, undefined);
});

test('the printed confusion matrix has true classes as rows', () => {
  const text = renderSummary(
    summarise(
      new PipelineState(),
      { requests: 0, failedRequests: 0 },
      classificationMetrics([
        [7, 1],
        [0, 12],
      ]),
    ),
    ['axial', 'coronal'],
  );
  assert.match(text, /test {6}20 images: accuracy 95\.0 %/);
  assert.match(text, /axial {17}7 {8}1\n/);
  assert.doesNotMatch(text, /ALARM/);
  const constant = renderSummary(
    summarise(
      new PipelineState(),
      { requests: 0, failedRequests: 0 },
      classificationMetrics([
        [8, 0],
        [12, 0],
      ]),
    ),
    ['axial', 'coronal'],
  );
  assert.match(constant, /ALARM: every image is predicted as "axial"/);
});

test('the cost of a run is its time at the price of the machine, in the summary and for people', () => {
  const cost = costOf(624_000, 0.736); // what the SageMaker document paid: "about $0.13"
  const summary = summarise(new PipelineState(), { requests: 0, failedRequests: 0 }, undefined, cost);
  assert.deepEqual(summary.cost, { seconds: 624, pricePerHour: 0.736, amount: (624 / 3600) * 0.736 });
  assert.match(renderSummary(summary, []), /^cost {6}0\.13 \(624 s at 0\.736 per hour\)$/m);
  assert.equal(describeCost(costOf(9_000, 0.736)), '0.0018 (9 s at 0.736 per hour)');
  assert.ok(!('cost' in summarise(new PipelineState(), { requests: 0, failedRequests: 0 })));
});

test('the test loss is printed beside the accuracy', () => {
  const metrics = { ...classificationMetrics([[3, 1]]), loss: 0.43211 };
  const text = renderSummary(summarise(new PipelineState(), { requests: 0, failedRequests: 0 }, metrics), ['axial']);
  assert.match(text, /test {6}4 images: loss 0\.4321, accuracy 75\.0 %/);
});

test('test images that are also in training are warned of, in figures', () => {
  const metrics = { ...classificationMetrics([[3, 1]]), seenInTraining: 2 };
  const summary = summarise(new PipelineState(), { requests: 0, failedRequests: 0 }, metrics);
  assert.equal(summary.test?.seenInTraining, 2);
  assert.match(
    renderSummary(summary, ['axial']),
    /WARNING: 2 of 4 test images show the same picture as a training image/,
  );
  const clean = { ...metrics, seenInTraining: 0 };
  const text = renderSummary(summarise(new PipelineState(), { requests: 0, failedRequests: 0 }, clean), ['axial']);
  assert.doesNotMatch(text, /WARNING/);
});
