import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PreparedScan } from '../../../services/ingest/pipeline/prepare-scan.js';
import { KnownSplits } from '../../../services/ingest/pipeline/known-splits.js';
import { noiseImage } from '../../helpers/images.js';
import { createIngestor, readDeadLetters, readScans, startHarness, startService } from './_ingest.js';

test('one patient asked for on three sides over gRPC is on the first of them, and told of the others', async (t) => {
  const harness = await startHarness(t);
  const { client } = await startService(t, harness);
  const sides = ['SPLIT_VALIDATION', 'SPLIT_TRAIN', 'SPLIT_TEST', 'SPLIT_VALIDATION'] as const;
  const requests = await Promise.all(
    sides.map(async (split, index) => ({
      name: `image ${index}`,
      image: await noiseImage(index),
      label: 'any',
      patientId: 'patient 7',
      split,
    })),
  );
  const summary = await client.uploadImages(requests);
  assert.deepEqual([summary.ingested, summary.rejected], [2, 2]);
  assert.deepEqual(
    summary.rejections.map(({ name, errorCode }) => [name, errorCode]),
    [
      ['image 1', 'SPLIT_CONFLICT'],
      ['image 2', 'SPLIT_CONFLICT'],
    ],
  );
  assert.match(summary.rejections[0]!.errorMessage, /in the train split.*in the validation split/);
  assert.equal((await readDeadLetters(harness.bus)).length, 2);
  const again = await client.uploadImages(requests);
  assert.deepEqual([again.duplicates, again.rejected], [2, 2]);
});

test('an image without a split goes where its patient is, also for a process that knows it from SCANS', async (t) => {
  const harness = await startHarness(t);
  const first = createIngestor(t, harness);
  for (let patient = 0; patient < 20; patient++)
    await first.ingestor.ingestImage({
      bytes: await noiseImage(patient),
      source: 'asked',
      patientId: `patient ${patient}`,
      splits: ['SPLIT_GATE'],
    });
  const later = createIngestor(t, harness, 'later');
  for (let patient = 0; patient < 20; patient++)
    await later.ingestor.ingestImage({
      bytes: await noiseImage(100 + patient),
      source: 'not asked',
      patientId: `patient ${patient}`,
    });
  const scans = await readScans(harness.bus);
  assert.equal(scans.length, 40);
  assert.ok(scans.every(({ message }) => message.split === 'SPLIT_GATE'));
  const refused = await later.ingestor.ingestImage({
    bytes: await noiseImage(200),
    source: 'asked otherwise',
    patientId: 'patient 3',
    splits: ['SPLIT_TRAIN', 'SPLIT_VALIDATION'],
  });
  assert.equal(refused.kind === 'rejected' && refused.error.code, 'SPLIT_CONFLICT');
});

test('where images decide their split, a patient may be on several sides', async (t) => {
  const harness = await startHarness(t, { SULCUS_SPLIT_BY: 'image' });
  const { ingestor } = createIngestor(t, harness);
  for (const split of ['SPLIT_TRAIN', 'SPLIT_TEST'] as const) {
    const bytes = await noiseImage(split.length);
    const outcome = await ingestor.ingestImage({ bytes, source: split, patientId: 'patient', splits: [split] });
    assert.equal(outcome.kind === 'ingested' && outcome.split, split);
  }
});

test('the newest are remembered, and no more than there is room for', () => {
  const known = new KnownSplits(2);
  for (const whom of ['a', 'b', 'c']) known.add(whom, 'SPLIT_GATE');
  known.add('c', 'SPLIT_TEST');
  const splitOf = (patientId: string) =>
    known.splitOf({ patientId, split: 'SPLIT_TRAIN', isSplitByIdentity: true } as PreparedScan);
  assert.deepEqual(['a', 'b', 'c'].map(splitOf), ['SPLIT_TRAIN', 'SPLIT_GATE', 'SPLIT_GATE']);
});
