import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderTimeline, buildTimeline, type SpanRecord } from '../../../../services/cli/trace/index.js';

const IMAGE = 'ab12'.repeat(16);
const OTHER = 'ab34'.repeat(16);
const START = Date.UTC(2026, 10, 23, 8, 0, 0);

let clock = 0;
function span(id: string, name: string, overrides: Partial<SpanRecord> = {}): SpanRecord {
  clock += 1000;
  return {
    id,
    name,
    service: 'test',
    startUnixMs: START + clock,
    durationMs: 12.34,
    attributes: {},
    linkIds: [],
    ...overrides,
  };
}

/** One image trained on in three epochs and one of another image; a model of epoch 0, a second of epochs 1 and 2. */
function recordedSpans(): SpanRecord[] {
  clock = 0;
  return [
    span('u:1', 'sulcus.v1.Ingest/UploadImages', { service: 'ingest' }),
    span('u:2', 'ingest image', {
      service: 'ingest',
      parentId: 'u:1',
      attributes: { 'sulcus.sample.id': IMAGE, 'sulcus.outcome': 'ingested', 'sulcus.split': 'SPLIT_TRAIN' },
    }),
    span('u:3', 'send scan', { service: 'ingest', parentId: 'u:2' }),
    span('u:4', 'ingest image', { service: 'ingest', parentId: 'u:1', attributes: { 'sulcus.sample.id': OTHER } }),
    span('u:5', 'send scan', { service: 'ingest', parentId: 'u:4' }),
    ...[0, 1, 2].flatMap((epoch) => [
      span(`b${epoch}:1`, 'prepare batch', {
        service: 'preprocess',
        linkIds: ['u:3', 'u:5'],
        attributes: { 'sulcus.epoch': epoch },
      }),
      span(`b${epoch}:2`, 'send batch', { service: 'preprocess', parentId: `b${epoch}:1` }),
      span(`s${epoch}:1`, 'train step', {
        service: 'trainer',
        linkIds: [`b${epoch}:2`],
        attributes: { 'sulcus.step': epoch + 1 },
      }),
    ]),
    span('x:1', 'prepare batch', { service: 'preprocess', linkIds: ['u:5'], attributes: { 'sulcus.epoch': 9 } }),
    span('m1:1', 'publish model', {
      service: 'trainer',
      linkIds: ['s0:1'],
      attributes: { 'sulcus.model.version': 'main-000001' },
    }),
    span('m2:1', 'publish model', {
      service: 'trainer',
      linkIds: ['s1:1', 's2:1'],
      attributes: { 'sulcus.model.version': 'main-000002' },
    }),
    span('l1:1', 'load model', { service: 'predictor', linkIds: ['m1:1'] }),
    ...[1, 2, 3, 4].map((index) =>
      span(`p${index}:1`, 'predict image', {
        service: 'predictor',
        attributes: { 'sulcus.model.version': 'main-000001' },
      }),
    ),
    span('p5:1', 'predict image', { service: 'predictor', attributes: { 'sulcus.model.version': 'elsewhere-000001' } }),
  ];
}

test('a timeline goes from ingest by links to batches, steps, models and predictions, and to nothing else', () => {
  const { sampleId, traceId, entries } = buildTimeline(recordedSpans(), IMAGE);
  assert.equal(sampleId, IMAGE);
  assert.equal(traceId, 'u');
  assert.deepEqual(
    entries.map(({ name, depth, count }) => [name, depth, count]),
    [
      ['ingest image', 0, 1],
      ['send scan', 1, 1],
      ['prepare batch', 0, 3],
      ['send batch', 1, 3],
      ['train step', 0, 3],
      ['publish model', 0, 2],
      ['load model', 0, 1],
      ['predict image', 0, 4],
    ],
  );
});

test('an image is found by the id of a prediction of it', () => {
  const predictionId = '0f0e0d0c-1111-4222-8333-444455556666';
  const spans = [
    ...recordedSpans(),
    span('q:1', 'predict image', { attributes: { 'sulcus.prediction.id': predictionId, 'sulcus.sample.id': OTHER } }),
  ];
  assert.equal(buildTimeline(spans, predictionId).sampleId, OTHER);
});

test('many spans of a kind are told by the first, the last and their number', () => {
  const batches = buildTimeline(recordedSpans(), IMAGE).entries.find(({ name }) => name === 'prepare batch')!;
  assert.deepEqual(
    [batches.first.attributes['sulcus.epoch'], batches.last.attributes['sulcus.epoch'], batches.count],
    [0, 2, 3],
  );
});

test('the beginning of a sample id is enough while it is unique', () => {
  assert.equal(buildTimeline(recordedSpans(), 'AB12').sampleId, IMAGE);
  assert.throws(() => buildTimeline(recordedSpans(), 'ab'), {
    code: 'INVALID_ARGUMENT',
    message: /2 samples begin with ab, for example ab12ab12ab12ab12, ab34ab34ab34ab34/,
  });
  assert.throws(() => buildTimeline(recordedSpans(), 'ff'), { code: 'NOT_FOUND' });
});

test('the printed timeline has time, service, name, duration and what matters, in columns', () => {
  const text = renderTimeline(buildTimeline(recordedSpans(), IMAGE));
  const lines = text.split('\n');
  assert.equal(lines[0], `sample ${IMAGE}`);
  assert.equal(lines[3], '08:00:02.000  ingest      ingest image                12.3 ms  ingested, train');
  assert.equal(lines[4], '08:00:03.000  ingest        send scan                 12.3 ms');
  assert.equal(lines[5], '08:00:06.000  preprocess  prepare batch (first of 3)  12.3 ms  epoch 0');
  assert.equal(lines[6], '08:00:12.000  preprocess  prepare batch (last)        12.3 ms  epoch 2');
});

test('a failed span says so', () => {
  const failed = span('f:1', 'ingest image', {
    attributes: { 'sulcus.sample.id': IMAGE, 'error.type': 'STORAGE_FULL' },
    error: 'no room',
  });
  assert.match(renderTimeline(buildTimeline([failed], IMAGE)), /STORAGE_FULL, FAILED: no room/);
});
