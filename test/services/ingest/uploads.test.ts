import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { UploadRequestInput } from '#libs/contracts';
import { noiseImage } from '../../helpers/images.js';
import { until } from '../../helpers/until.js';
import { isCode } from '../../helpers/errors.js';
import {
  collect,
  readDeadLetters,
  readEvents,
  readLabels,
  readScans,
  sleep,
  startHarness,
  startService,
} from './_ingest.js';

const uploads = (count: number, overrides: (index: number) => UploadRequestInput = () => ({})) =>
  Promise.all(
    Array.from({ length: count }, async (_, index) => ({
      name: `image ${index}`,
      image: await noiseImage(index),
      label: `class ${index % 2}`,
      ...overrides(index),
    })),
  );

test('a client-streaming upload is answered with counts that add up and with what was refused', async (t) => {
  const harness = await startHarness(t);
  const { client } = await startService(t, harness);
  const requests = await uploads(30);
  requests.push(
    { ...requests[0]!, name: 'again' },
    { ...requests[1]!, name: 'another label', label: 'class 9' },
    { name: 'empty', image: Buffer.alloc(0), label: 'class 0' },
  );
  const summary = await client.uploadImages(requests);
  assert.deepEqual(
    { ...summary, rejections: summary.rejections.map(({ name, outcome, errorCode }) => [name, outcome, errorCode]) },
    {
      received: 33,
      ingested: 30,
      duplicates: 1,
      rejected: 2,
      rejections: [
        ['another label', 'OUTCOME_REJECTED', 'LABEL_CONFLICT'],
        ['empty', 'OUTCOME_REJECTED', 'IMAGE_EMPTY'],
      ],
    },
  );
  const scans = await readScans(harness.bus);
  assert.deepEqual(
    scans.map(({ message }) => message.source),
    Array.from({ length: 30 }, (_, index) => `image ${index}`),
    'scans keep the order of the upload',
  );
  assert.equal((await readDeadLetters(harness.bus)).length, 2);
});

test('a bidirectional upload is acknowledged image by image, in order, while it goes on', async (t) => {
  const harness = await startHarness(t);
  const { client } = await startService(t, harness);
  const images = await uploads(20);
  images[7] = { ...images[7]!, image: Buffer.from('no image') };
  let acked = 0;
  async function* lockstep() {
    for (const [index, image] of images.entries()) {
      if (index === 10) await until(() => acked === 10, 'ten acknowledgements before the eleventh image is sent');
      yield image;
    }
  }
  const acks = [];
  for await (const ack of client.uploadImagesAcked(lockstep())) {
    acks.push(ack);
    acked = acks.length;
  }
  assert.deepEqual(
    acks.map(({ name }) => name),
    images.map(({ name }) => name),
  );
  for (const [index, ack] of acks.entries()) {
    assert.equal(ack.sampleId, createHash('sha256').update(images[index]!.image).digest('hex'));
    assert.equal(ack.outcome, index === 7 ? 'OUTCOME_REJECTED' : 'OUTCOME_INGESTED');
    assert.equal(ack.split !== 'SPLIT_UNSPECIFIED', index !== 7);
  }
  assert.equal(acks[7]!.errorCode, 'IMAGE_UNDECODABLE');
  assert.match(acks[7]!.errorMessage, /send JPEG, PNG, TIFF, WebP or DICOM/);
});

test('an image is acknowledged only when the broker has it: none while it is away, then all', async (t) => {
  const harness = await startHarness(t);
  const { client } = await startService(t, harness);
  const before = await uploads(3);
  const during = (await uploads(8)).slice(3);
  let goOn: () => void = () => undefined;
  const brokerGone = new Promise<void>((resolve) => (goOn = resolve));
  async function* requests() {
    yield* before;
    await brokerGone;
    yield* during;
  }
  const acks: string[] = [];
  const done = (async () => {
    for await (const ack of client.uploadImagesAcked(requests())) acks.push(`${ack.name} ${ack.outcome}`);
  })();
  await until(() => acks.length === 3, 'three acknowledgements');
  await harness.nats.kill('SIGKILL');
  goOn();
  await sleep(1500);
  assert.equal(acks.length, 3, 'nothing is acknowledged without the broker');
  await harness.nats.restart();
  await done;
  assert.deepEqual(
    acks,
    Array.from({ length: 8 }, (_, index) => `image ${index} OUTCOME_INGESTED`),
  );
  assert.equal((await readScans(harness.bus)).length, 8);
});

test('a full stream makes the sender wait and at last refuses; nothing is lost or doubled', async (t) => {
  const harness = await startHarness(t, { SULCUS_INGEST_RETRY_TIMEOUT: '700ms' });
  await harness.bus.ensureTopology({ maxBytes: { SCANS: 40_000 } });
  const { client } = await startService(t, harness);
  const images = await Promise.all(
    Array.from({ length: 12 }, async (_, index) => ({
      name: `image ${index}`,
      image: await noiseImage(index, { format: 'png', width: 80, height: 80 }),
    })),
  );
  const acked: string[] = [];
  const upload = async () => {
    for await (const ack of client.uploadImagesAcked(images)) acked.push(ack.name);
  };
  await assert.rejects(upload(), { code: 'BACKPRESSURE' });
  const stored = (await readScans(harness.bus)).map(({ message }) => message.source);
  assert.ok(acked.length >= 1 && acked.length < 12, `${acked.length} acknowledged`);
  assert.ok(
    acked.every((name) => stored.includes(name)),
    'what was acknowledged is stored',
  );
  assert.ok(harness.logged.some(({ msg, code }) => msg === 'senders wait' && code === 'BACKPRESSURE'));

  await harness.bus.ensureTopology({ maxBytes: { SCANS: 10e6 } });
  const again = await collect(client.uploadImagesAcked(images));
  assert.ok(again.every(({ outcome }) => outcome !== 'OUTCOME_REJECTED'));
  assert.deepEqual(
    (await readScans(harness.bus)).map(({ message }) => message.source).sort(),
    images.map(({ name }) => name).sort(),
  );
});

test('a patient is in one split, whatever source her images come from; an asked-for split is taken', async (t) => {
  const harness = await startHarness(t);
  const { client } = await startService(t, harness);
  await client.uploadImages(
    await uploads(40, (index) => ({ patientId: `MRN ${index % 5}`, studyId: `study ${index % 10}` })),
  );
  const splitsOf = new Map<string, Set<string>>();
  for (const { message } of await readScans(harness.bus))
    splitsOf.set(message.patientId, (splitsOf.get(message.patientId) ?? new Set()).add(message.split));
  assert.equal(splitsOf.size, 5);
  for (const [patient, splits] of splitsOf) assert.equal(splits.size, 1, patient);

  const [ack] = await collect(
    client.uploadImagesAcked([{ name: 'asked', image: await noiseImage(100), split: 'SPLIT_TEST' }]),
  );
  assert.equal(ack?.split, 'SPLIT_TEST');
});

test('annotations are stored for known samples and studies', async (t) => {
  const harness = await startHarness(t);
  const { client } = await startService(t, harness);
  const [ack] = await collect(
    client.uploadImagesAcked([{ name: 'a', image: await noiseImage(1), studyId: 'Study 7' }]),
  );
  const answer = await eventuallyKnown(() =>
    client.annotate({
      annotations: [
        { sampleId: ack!.sampleId, label: 'glioma', labelSource: 'pathology' },
        { studyId: ' study 7', label: ' notumor ' },
      ],
    }),
  );
  assert.equal(answer.accepted, 2);
  const labels = (await readLabels(harness.bus)).map(({ message }) => message);
  const [scan] = await readScans(harness.bus);
  assert.deepEqual(
    labels.map(({ target, sampleId, studyId, label, labelSource, site }) => [
      target,
      sampleId ?? studyId,
      label,
      labelSource,
      site,
    ]),
    [
      ['sampleId', ack!.sampleId, 'glioma', 'pathology', 'site-a'],
      ['studyId', scan!.message.studyId, 'notumor', 'unknown', 'site-a'],
    ],
  );
  assert.doesNotMatch(JSON.stringify(labels), /study 7/i);
});

/** The study index follows the stream a moment behind. */
async function eventuallyKnown<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (tries === 20) throw error;
      await sleep(50);
    }
  }
}

test('annotations for unknown targets are refused, and with them the whole request', async (t) => {
  const harness = await startHarness(t);
  const { client } = await startService(t, harness);
  const [ack] = await collect(client.uploadImagesAcked([{ name: 'a', image: await noiseImage(1) }]));
  const unknown = 'f'.repeat(64);
  await assert.rejects(
    client.annotate({
      annotations: [
        { sampleId: ack!.sampleId, label: 'glioma' },
        { sampleId: unknown, label: 'glioma' },
        { studyId: 'never sent', label: 'glioma' },
      ],
    }),
    (error: Error & { code: string }) => {
      assert.equal(error.code, 'NOT_FOUND');
      assert.match(error.message, new RegExp(`sample ${unknown}, study never sent`));
      return true;
    },
  );
  await assert.rejects(
    client.annotate({
      annotations: [{ sampleId: 'abc', label: 'glioma' }, { label: 'glioma' }, { sampleId: ack!.sampleId, label: ' ' }],
    }),
    (error: Error & { code: string }) => {
      assert.equal(error.code, 'INVALID_ARGUMENT');
      assert.match(
        error.message,
        /annotation 1: a sample id is 64 .*annotation 2: neither.*annotation 3: the label is empty/,
      );
      return true;
    },
  );
  await assert.rejects(client.annotate({ annotations: [] }), { code: 'INVALID_ARGUMENT' });
  assert.equal((await readLabels(harness.bus)).length, 0);
});

test('the service reports itself ready and what it has counted', async (t) => {
  const harness = await startHarness(t);
  const { client, service } = await startService(t, harness);
  await client.uploadImages([...(await uploads(5)), { name: 'bad', image: Buffer.from('x') }]);
  await service.stop();
  const events = await readEvents(harness.bus);
  assert.ok(events.some(({ state }) => state?.state === 'ready'));
  const {
    importId,
    offered,
    ingested,
    duplicates,
    rejected,
    train,
    validation,
    gate,
    test: tested,
  } = events.findLast(({ ingest }) => ingest)!.ingest!;
  assert.deepEqual(
    { importId, offered, ingested, duplicates, rejected },
    { importId: '', offered: 6, ingested: 5, duplicates: 0, rejected: 1 },
  );
  assert.equal(train + validation + gate + tested, 5);
});

test('a port in use is said so with the variable to change', async (t) => {
  const harness = await startHarness(t);
  const { service } = await startService(t, harness);
  const taken = { ...harness, config: { ...harness.config, address: service.address } };
  await assert.rejects(startService(t, taken), isCode('PORT_IN_USE', /SULCUS_INGEST_ADDRESS/));
});
