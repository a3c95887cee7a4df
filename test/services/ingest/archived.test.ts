import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { ArchiveIndex } from '#libs/archive';
import { noiseImage } from '../../helpers/images.js';
import { isCode } from '../../helpers/errors.js';
import { createIngestor, readLabels, readScans, startHarness, startService } from './_ingest.js';

const archived = { site: 'site-a', studyId: 'site-a-0123', source: 'first.jpg', scanSequence: 7 };

test('an archived image is a duplicate though SCANS has nothing of it; a missing label is added', async (t) => {
  const harness = await startHarness(t);
  const { ingestor } = createIngestor(t, harness);
  const bytes = await noiseImage(1);
  const sampleId = createHash('sha256').update(bytes).digest('hex');
  await new ArchiveIndex(harness.bus).add(sampleId, { ...archived, split: 'SPLIT_TEST' });

  const unlabelled = await ingestor.ingestImage({ bytes, source: 'again.jpg' });
  assert.deepEqual(unlabelled, {
    kind: 'duplicate',
    source: 'again.jpg',
    sampleId,
    split: 'SPLIT_TEST',
    sequence: 7,
  });
  const labelled = await ingestor.ingestImage({ bytes, source: 'again.jpg', label: 'glioma' });
  assert.equal(labelled.kind, 'duplicate');
  assert.deepEqual(
    (await readLabels(harness.bus)).map(({ message }) => [message.sampleId, message.label]),
    [[sampleId, 'glioma']],
  );
  assert.equal((await readScans(harness.bus)).length, 0);
});

test('an image that left SCANS and is archived nowhere is taken again, however short ago it came', async (t) => {
  const harness = await startHarness(t);
  const { ingestor } = createIngestor(t, harness);
  const bytes = await noiseImage(4);
  const first = await ingestor.ingestImage({ bytes, source: 'a.jpg' });
  assert.equal(first.kind, 'ingested');
  await harness.bus.deleteMessage('SCANS', first.sequence);
  assert.equal((await ingestor.ingestImage({ bytes, source: 'a.jpg' })).kind, 'ingested');
  assert.equal((await readScans(harness.bus)).length, 1);
});

test('an archived image that comes under another label is refused as one on SCANS is', async (t) => {
  const harness = await startHarness(t);
  const { ingestor } = createIngestor(t, harness);
  const bytes = await noiseImage(2);
  const sampleId = createHash('sha256').update(bytes).digest('hex');
  await new ArchiveIndex(harness.bus).add(sampleId, { ...archived, label: 'glioma' });
  const outcome = await ingestor.ingestImage({ bytes, source: 'again.jpg', label: 'notumor' });
  assert.equal(outcome.kind === 'rejected' && outcome.error.code, 'LABEL_CONFLICT');
  assert.match(outcome.kind === 'rejected' ? outcome.error.message : '', /first\.jpg/);
});

test('what is archived can be annotated, sample and study; what is of another site cannot', async (t) => {
  const harness = await startHarness(t);
  const { client } = await startService(t, harness);
  const index = new ArchiveIndex(harness.bus);
  const [ours, theirs] = ['a'.repeat(64), 'b'.repeat(64)];
  await index.add(ours, archived);
  await index.add(theirs, { ...archived, site: 'site-b' });
  assert.equal((await client.annotate({ annotations: [{ sampleId: ours, label: 'glioma' }] })).accepted, 1);
  await assert.rejects(
    client.annotate({ annotations: [{ sampleId: theirs, label: 'glioma' }] }),
    isCode('NOT_FOUND', new RegExp(theirs)),
  );
});

test('a refusal of a full SCANS says that no archiver runs, or what it says', async (t) => {
  const harness = await startHarness(t, { SULCUS_INGEST_RETRY_TIMEOUT: '300ms' });
  await harness.bus.ensureTopology({ maxBytes: { SCANS: 2000 } });
  const { ingestor } = createIngestor(t, harness);
  const bytes = await noiseImage(3, { format: 'png', width: 80, height: 80 });
  await assert.rejects(
    ingestor.ingestImage({ bytes, source: 'a.png' }),
    isCode('BACKPRESSURE', /No archiver makes room/),
  );
  const state = { state: 'unavailable', message: 'the bucket is away', scansBytes: 1, scansMaxBytes: 2 };
  const counts = { archived: 0, archivedBytes: 0, restored: 0, lost: 0 };
  await new ArchiveIndex(harness.bus).saveState({ ...state, ...counts, updatedUnixMs: Date.now() });
  await assert.rejects(
    ingestor.ingestImage({ bytes, source: 'a.png' }),
    isCode('BACKPRESSURE', /The archiver says: the bucket is away/),
  );
  assert.ok(harness.logged.some(({ msg, because }) => msg === 'senders wait' && /No archiver/.test(String(because))));
});
