import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { type PredictionRecord } from '#libs/contracts';
import { createClient } from '#libs/rpc';
import type { PredictorService } from '#services/predictor';
import { publishScan } from '../../../helpers/scans.js';
import { until } from '../../../helpers/until.js';
import { isCode } from '../../../helpers/errors.js';
import { KeptInputs } from '../../../../services/predictor/recording/kept-inputs.js';
import { RecordStore } from '../../../../services/predictor/recording/record-store.js';
import { compare, type Comparison } from '../../../../services/predictor/recording/replay/compare.js';
import { recall } from '../../../../services/predictor/recording/replay/recall.js';
import { replay } from '../../../../services/predictor/recording/replay/replay.js';
import { runSulcus, type Outcome } from '../_cli.js';
import { connectOip } from '../protocols/_oip-client.js';
import { createFixture, never, publishModel, randomImage, SIZE_PX, untilServing, type Fixture } from '../_predictor.js';

let fixture: Fixture;
let store: RecordStore;
let folder: string;
/**
 * Made by a version that two others have replaced since: in a batch of several, of pixels, of an image that came
 * through ingest, of one that nobody kept.
 */
let records: Record<'batched' | 'pixels' | 'ingested' | 'unkept', PredictionRecord>;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const image = await randomImage(100);

before(async () => {
  fixture = await createFixture();
  store = new RecordStore(fixture.bus);
  folder = await mkdtemp(path.join(tmpdir(), 'sulcus-replay-'));
  const [first, ...later] = [
    await publishModel(fixture.registry, 1),
    await publishModel(fixture.registry, 2),
    await publishModel(fixture.registry, 3),
  ];
  await fixture.registry.promote('champion', first.version, 'first');
  const service = await fixture.start({ recordInputs: true });
  await untilServing(service, first.version);
  await ask(service);
  for (const { version } of later) {
    await fixture.registry.promote('champion', version, 'next');
    await untilServing(service, version);
  }
  await service.stop();
});
after(async () => {
  await fixture.close();
  await rm(folder, { recursive: true });
});

async function ask(service: PredictorService): Promise<void> {
  const [client, oip] = [createClient('Predictor', service.address), connectOip(service.address)];
  const recordOf = async (predictionId: string): Promise<PredictionRecord> => {
    await until(async () => (await store.find(predictionId)) !== undefined, 'the record');
    return (await store.find(predictionId))!.record;
  };
  try {
    const raw = Uint8Array.from({ length: SIZE_PX * SIZE_PX }, (_, index) => (index * 7) % 256);
    const { parameters } = await oip.infer({
      model_name: 'test',
      inputs: [{ name: 'image', datatype: 'UINT8', shape: [1, SIZE_PX, SIZE_PX, 1] }],
      raw_input_contents: [raw],
    });
    const pixels = await recordOf(String(parameters['prediction_ids']!['string_param']));
    const crowd = await Promise.all(
      Array.from({ length: 16 }, async (_, seed) => client.predict({ image: await randomImage(seed) })),
    );
    const batched = (await Promise.all(crowd.map(({ predictionId }) => recordOf(predictionId)))).find(
      ({ computation }) => computation!.batchRow > 0,
    )!;
    const alone = await recordOf((await client.predict({ image })).predictionId);
    // As a predictor that keeps no inputs records them.
    const unkept = { ...alone, predictionId: 'aaaaaaaa-0000-4000-8000-000000000000', storedInput: null };
    const ingested = { ...batched, predictionId: 'bbbbbbbb-0000-4000-8000-000000000000', storedInput: null };
    const scanned = await new KeptInputs(fixture.bus).fetch(batched);
    await publishScan(fixture.bus, scanned!.bytes, { sampleId: batched.sampleId });
    for (const record of [unkept, ingested]) await store.append('test', record);
    records = { batched, pixels, unkept, ingested };
  } finally {
    [client, oip].forEach((closable) => closable.close());
  }
}

const sulcus = (...words: string[]): Promise<Outcome> => runSulcus(words, { SULCUS_NATS_URL: fixture.nats.url });

test('after two swaps a row of a shared batch is replayed to the same floats, from the kept input', async () => {
  const { record, card, input } = await recall(fixture.bus, records.batched.predictionId, undefined);
  assert.deepEqual(record, records.batched);
  assert.equal(sha256(input.bytes), record.sampleId);
  const replayed = await replay({ record, card, input: input.bytes, natsUrl: fixture.nats.url, signal: never });
  assert.deepEqual([...replayed.probabilities], record.probabilities);
  assert.deepEqual(replayed.computation, record.computation);
  assert.deepEqual(compare(record, replayed), {
    verdict: 'identical',
    maxDifference: 0,
    tolerance: 0,
    computedOtherwise: [],
  });
});

test('sulcus replay: pixels that a client sent; one JSON object, exit code 0', async () => {
  const { code, stdout, stderr } = await sulcus('replay', records.pixels.predictionId, '--json');
  assert.equal(code, 0, stderr);
  const report = JSON.parse(stdout) as Comparison & {
    recorded: { probabilities: Record<string, number> };
    replayed: { probabilities: Record<string, number> };
  };
  assert.equal(report.verdict, 'identical');
  assert.deepEqual(report.replayed.probabilities, report.recorded.probabilities);
  assert.deepEqual(Object.values(report.recorded.probabilities), records.pixels.probabilities);
});

test('sulcus replay: an image that came through ingest; other numbers are DIFFERENT, exit code 1', async () => {
  const forged = {
    ...records.ingested,
    predictionId: 'f0f0f0f0-0000-4000-8000-000000000000',
    probabilities: records.ingested.probabilities.toReversed(),
  };
  await store.append('test', forged);
  const { code, stdout, stderr } = await sulcus('replay', forged.predictionId);
  assert.equal(code, 1, stderr);
  assert.match(stdout, /as ingest took it in: checked/);
  assert.match(stdout, /^DIFFERENT: apart by up to/m);
  for (const value of records.ingested.probabilities)
    assert.ok(stdout.includes(String(value)), `${value} in\n${stdout}`);
});

test('an input that nobody kept is asked for and taken from a file', async () => {
  const why = new RegExp(`The input .* was not kept .*--image FILE; its SHA-256 is ${records.unkept.sampleId}`);
  await assert.rejects(
    recall(fixture.bus, records.unkept.predictionId, undefined),
    (error: Error) => isCode('NOT_FOUND')(error) && why.test(error.message),
  );
  const file = path.join(folder, 'image.png');
  await writeFile(file, image);
  assert.deepEqual((await recall(fixture.bus, records.unkept.predictionId, file)).input.bytes, image);
  await assert.rejects(
    recall(fixture.bus, records.unkept.predictionId, path.join(folder, 'nowhere')),
    isCode('FILE_UNREADABLE'),
  );
});

test('an input, a version or a preparation that is not the one of the record is rejected', async () => {
  const { record, card, input } = await recall(fixture.bus, records.batched.predictionId, undefined);
  const rejectedFor = (changed: Partial<PredictionRecord>, what: RegExp, bytes: Uint8Array = input.bytes) =>
    assert.rejects(
      replay({ record: { ...record, ...changed }, card, input: bytes, natsUrl: fixture.nats.url, signal: never }),
      (error: Error) => isCode('HASH_MISMATCH')(error) && what.test(error.message),
    );
  await rejectedFor({}, /the input \(/, image);
  await rejectedFor({ modelHash: '0'.repeat(64) }, /the weights \(/);
  await rejectedFor({ transformHash: '0'.repeat(64) }, /the preparation \(/);
});

test('rounding passes when something else computes, and only then', () => {
  const record = records.batched;
  const nearly = Float32Array.from(record.probabilities, (value) => value + 5e-5);
  const here = { probabilities: nearly, computation: record.computation! };
  const elsewhere = { probabilities: nearly, computation: { ...record.computation!, processor: 'another' } };
  assert.equal(compare(record, here).verdict, 'different');
  assert.equal(compare(record, here, 1e-3).verdict, 'close');
  assert.equal(compare(record, elsewhere).verdict, 'close');
  assert.match(compare(record, elsewhere).computedOtherwise.join(), /^processor: .* then, another now$/);
  assert.equal(
    compare(record, { ...elsewhere, probabilities: nearly.map((value) => value + 1e-3) }).verdict,
    'different',
  );
});

test('sulcus predictions: a table by model; wrong options are all named, exit code 2', async () => {
  const [table, wrong] = await Promise.all([
    sulcus('predictions', '--last', '2', '--model', 'test-000001'),
    sulcus('predictions', '--last', '0', '--since', 'yesterday'),
  ]);
  assert.equal(table.code, 0, table.stderr);
  assert.match(table.stderr, /^predictions: \d+ records since .* MB of 512 MB, kept for 365 days$/m);
  const [header, ...rows] = table.stdout.trim().split('\n');
  assert.match(header!, /^time +prediction id +model version/);
  assert.equal(rows.length, 2);
  for (const row of rows) assert.match(row, / test-000001 +\w+ +[0-9.]+ % /);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /--last "0"[^]*--since "yesterday"/);
});

test('a pruned version is named with what keeps it, an unknown prediction with how far records reach', async () => {
  await fixture.registry.promote('champion', 'test-000003', 'leaves the first unprotected');
  assert.deepEqual(await fixture.registry.prune(1), ['test-000001']);
  const rejectedFor = (predictionId: string, why: RegExp) =>
    assert.rejects(
      recall(fixture.bus, predictionId, undefined),
      (error: Error) => isCode('NOT_FOUND')(error) && why.test(error.message),
    );
  await rejectedFor(
    records.batched.predictionId,
    /Prediction .* was made by test-000001, which the registry no longer has: .*SULCUS_KEEP_VERSIONS/,
  );
  await rejectedFor(
    '00000000-0000-4000-8000-000000000000',
    /There is no record of prediction .* Stored: \d+ records since/,
  );
});
