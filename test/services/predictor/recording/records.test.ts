import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { subjects } from '#libs/bus';
import { codecs, type PredictResponse } from '#libs/contracts';
import { transformHash } from '#libs/imaging';
import type { ModelCard } from '#libs/registry';
import { createClient } from '#libs/rpc';
import { createLogger } from '#libs/telemetry';
import type { PredictorService } from '#services/predictor';
import { until } from '../../../helpers/until.js';
import { isCode } from '../../../helpers/errors.js';
import { RecordStore, type StoredRecord } from '../../../../services/predictor/recording/record-store.js';
import { watchRetention } from '../../../../services/predictor/recording/retention.js';
import { connectOip, packBytes, unpackFloats, type InferAnswer, type OipClient } from '../protocols/_oip-client.js';
import {
  CLASSES,
  createFixture,
  never,
  publishModel,
  randomImage,
  SIZE_PX,
  transform,
  untilServing,
  type Fixture,
} from '../_predictor.js';

let fixture: Fixture;
let store: RecordStore;
let service: PredictorService;
let client: ReturnType<typeof createClient<'Predictor'>>;
let oip: OipClient;
let card: ModelCard;
const images: Buffer[] = [];

before(async () => {
  fixture = await createFixture();
  store = new RecordStore(fixture.bus);
  for (let seed = 0; seed < 8; seed++) images.push(await randomImage(seed));
  card = await publishModel(fixture.registry, 1);
  await fixture.registry.promote('champion', card.version, 'first');
  service = await fixture.start();
  await untilServing(service, card.version);
  client = createClient('Predictor', service.address);
  oip = connectOip(service.address);
});
after(async () => {
  client.close();
  oip.close();
  await fixture.close();
});

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Everything recorded, once all that waits is stored. */
async function recorded(of: PredictorService = service): Promise<StoredRecord[]> {
  await until(() => of.records.waiting === 0, 'all records stored');
  return await store.list({ signal: never });
}

/** The records that come of some work. */
async function recordsOf(work: () => Promise<unknown>): Promise<Map<string, StoredRecord['record']>> {
  const before = (await recorded()).length;
  await work();
  const fresh = (await recorded()).slice(before);
  const byId = new Map(fresh.map(({ record }) => [record.predictionId, record]));
  assert.equal(byId.size, fresh.length, 'a prediction was recorded twice');
  return byId;
}

const encoded = (sent: readonly Uint8Array[], id: string) => ({
  model_name: 'test',
  id,
  inputs: [{ name: 'image', datatype: 'BYTES', shape: [sent.length, 1] }],
  raw_input_contents: [packBytes(sent)],
});
const idsOf = ({ parameters }: InferAnswer): string[] =>
  String(parameters['prediction_ids']!['string_param']).split(',');

test('each answer has exactly one record, with its floats, hashes and names, also of 16 callers at once', async () => {
  const answers: { image: Buffer; answer: PredictResponse }[] = [];
  const records = await recordsOf(() =>
    Promise.all(
      Array.from({ length: 64 }, async (_, index) => {
        const image = images[index % images.length]!;
        answers.push({ image, answer: await client.predict({ image, name: `asked ${index}` }) });
      }),
    ),
  );
  assert.equal(records.size, 64);
  for (const { image, answer } of answers) {
    const record = records.get(answer.predictionId)!;
    assert.deepEqual(
      record.probabilities,
      answer.probabilities.map(({ probability }) => probability),
    );
    assert.deepEqual(record.classNames, CLASSES);
    assert.equal(record.predictedClass, answer.predictedClass);
    assert.equal(record.sampleId, sha256(image));
    assert.deepEqual([record.inputFormat, record.inputBytes, record.storedInput], ['encoded', image.length, null]);
    assert.deepEqual(
      [record.modelVersion, record.modelHash, record.transformHash],
      [card.version, card.weightsHash, transformHash(transform)],
    );
    assert.deepEqual([record.protocol, record.requestName, record.instance], ['sulcus.v1', answer.name, 'test']);
    const { batchSize, batchRow, precision, device } = record.computation!;
    assert.ok(
      batchSize >= 1 && batchSize <= 4 && batchRow >= 0 && batchRow < batchSize,
      `row ${batchRow} of ${batchSize}`,
    );
    assert.deepEqual([precision, device], ['float32', 'CPU:0']);
    const { receivedUnixMs, preparedUnixMs, batchedUnixMs, inferredUnixMs, answeredUnixMs } = record.times!;
    const times = [receivedUnixMs - 1, preparedUnixMs, batchedUnixMs, inferredUnixMs, answeredUnixMs];
    assert.deepEqual(
      times,
      times.toSorted((left, right) => left - right),
    );
  }
  assert.ok(
    new Set([...records.values()].map(({ computation }) => computation!.batchRow)).size > 1,
    'some shared a batch',
  );
});

test('the Open Inference Protocol: a record for each image of a request, and for each answer of a stream', async () => {
  const pixels = Uint8Array.from({ length: 2 * SIZE_PX * SIZE_PX }, (_, index) => (index * 7) % 256);
  const half = SIZE_PX * SIZE_PX;
  let files!: InferAnswer, raw!: InferAnswer;
  const records = await recordsOf(async () => {
    files = await oip.infer(encoded(images.slice(0, 3), 'files'));
    raw = await oip.infer({
      model_name: 'test',
      id: 'pixels',
      inputs: [{ name: 'image', datatype: 'UINT8', shape: [2, SIZE_PX, SIZE_PX, 1] }],
      raw_input_contents: [pixels],
    });
    await oip.stream([encoded([images[4]!], 'streamed'), encoded([images[5]!], 'streamed too')]);
    for await (const answer of client.predictStream([{ image: images[6]!, name: 'our stream' }]))
      assert.equal(answer.result, 'response');
  });
  assert.equal(records.size, 3 + 2 + 2 + 1);
  const answered = unpackFloats(files.raw_output_contents[0]!);
  idsOf(files).forEach((id, index) => {
    const record = records.get(id)!;
    assert.deepEqual(record.probabilities, answered.slice(index * CLASSES.length, (index + 1) * CLASSES.length));
    assert.deepEqual(
      [record.sampleId, record.protocol, record.requestName],
      [sha256(images[index]!), 'inference', 'files'],
    );
  });
  idsOf(raw).forEach((id, index) => {
    const record = records.get(id)!;
    assert.deepEqual(
      [record.sampleId, record.inputFormat, record.inputBytes],
      [sha256(pixels.subarray(index * half, (index + 1) * half)), 'uint8', half],
    );
  });
  assert.deepEqual(
    [...records.values()]
      .slice(-3)
      .map(({ requestName }) => requestName)
      .sort(),
    ['our stream', 'streamed', 'streamed too'],
  );
});

test('what is not answered leaves no record: unreadable images, and the others of a request with one', async () => {
  const broken = images[0]!.subarray(0, 300);
  const records = await recordsOf(async () => {
    await assert.rejects(client.predict({ image: broken }), isCode('IMAGE_TRUNCATED'));
    await assert.rejects(oip.infer(encoded([images[1]!, broken], 'one is broken')));
    await assert.rejects(client.predict({ image: images[0]! }, { timeoutMs: 1 }));
  });
  // The last one may have been computed before its caller's deadline was noticed.
  assert.ok(records.size <= 1, `${records.size} records`);
});

test('a stop writes what waits: every answer given before it has its record', async () => {
  const stopping = await fixture.start();
  await untilServing(stopping, card.version);
  const other = createClient('Predictor', stopping.address);
  const answers = await Promise.all(
    Array.from({ length: 32 }, (_, index) => other.predict({ image: images[index % images.length]! })),
  );
  await stopping.stop();
  other.close();
  assert.deepEqual({ ...stopping.records }, { stored: 32, dropped: 0, waiting: 0 });
  for (const { predictionId } of answers)
    assert.equal((await store.find(predictionId))?.record.predictionId, predictionId);
});

test('records are listed by number, model and time, in their order, and followed', async () => {
  const all = await recorded();
  const ids = (records: readonly StoredRecord[]): string[] => records.map(({ record }) => record.predictionId);
  assert.deepEqual(ids(await store.list({ last: 5, signal: never })), ids(all.slice(-5)));
  assert.deepEqual(ids(await store.list({ last: 3, model: card.version, signal: never })), ids(all.slice(-3)));
  assert.deepEqual(ids(await store.list({ model: 'test', signal: never })), ids(all));
  assert.deepEqual(await store.list({ last: 3, model: 'another', signal: never }), []);
  const since = all[10]!.storedUnixMs;
  assert.deepEqual(
    ids(await store.list({ sinceUnixMs: since, signal: never })),
    ids(all.filter(({ storedUnixMs }) => storedUnixMs >= since)),
  );
  const following = store.follow({ signal: never }, all.at(-2)!.sequence);
  const predictionIdOf = ({ value }: IteratorResult<StoredRecord, unknown>): string =>
    (value as StoredRecord).record.predictionId;
  assert.equal(predictionIdOf(await following.next()), all.at(-1)!.record.predictionId);
  const next = following.next();
  const { predictionId } = await client.predict({ image: images[0]! });
  assert.equal(predictionIdOf(await next), predictionId);
  await following.return(undefined);
});

test('a record that is appended again, changed, is not stored: the first stays', async () => {
  const [{ record }] = (await store.list({ last: 1, signal: never })) as [StoredRecord];
  await store.append(card.run, { ...record, predictedClass: 'another' });
  assert.equal((await store.find(record.predictionId))!.record.predictedClass, record.predictedClass);
});

test('a broker that is away stops no answer: records wait for it and are stored once when it is back', async () => {
  const answered: PredictResponse[] = [];
  await fixture.nats.kill();
  for (const image of images) answered.push(await client.predict({ image }));
  await until(() => service.records.waiting === images.length, 'records wait');
  await fixture.nats.restart();
  await until(() => service.records.waiting === 0, 'all records stored');
  const newest = await store.list({ last: images.length, signal: never });
  assert.deepEqual(
    newest.map(({ record }) => record.predictionId).sort(),
    answered.map(({ predictionId }) => predictionId).sort(),
  );
  assert.equal(service.records.dropped, 0);
});

test('what waits is bounded: beyond it records are dropped, counted and told, and answers go on', async () => {
  const narrow = await fixture.start({ maxRecordQueueBytes: 10_000 });
  await untilServing(narrow, card.version);
  const other = createClient('Predictor', narrow.address);
  await other.waitForReady();
  await fixture.nats.kill();
  for (let count = 0; count < 12; count++) await other.predict({ image: images[count % images.length]! });
  const { stored, dropped, waiting } = narrow.records;
  assert.equal(stored + dropped + waiting, 12);
  assert.ok(waiting >= 1 && waiting <= 5 && dropped >= 7, JSON.stringify(narrow.records));
  await fixture.nats.restart();
  await until(() => narrow.records.waiting === 0, 'what waited is stored');
  other.close();
  await narrow.stop();
  assert.deepEqual([narrow.records.stored, narrow.records.dropped], [12 - dropped, dropped]);
  const told: unknown[] = [];
  const sentences: (string | undefined)[] = [];
  for await (const { message } of fixture.bus.follow({
    stream: 'EVENTS',
    subject: subjects.event('predictor'),
    codec: codecs.PipelineEvent,
    storedOnly: true,
    signal: never,
  })) {
    told.push(message?.predictor?.recordsDropped);
    sentences.push(message?.state?.message);
  }
  assert.ok(told.includes(dropped), `${dropped} not among ${told.join()}`);
  assert.ok(
    sentences.some((sentence) =>
      /^\d+ records of predictions are lost: more would wait than SULCUS_RECORD_QUEUE_BYTES allows$/.test(
        sentence ?? '',
      ),
    ),
  );
});

test('SULCUS_RECORDS=durable: no answer without a stored record; UNAVAILABLE without a broker', async () => {
  const durable = await fixture.start({ records: 'durable', recordTimeoutMs: 500, recordInputs: true });
  await untilServing(durable, card.version);
  using other = createClient('Predictor', durable.address);
  await Promise.all(
    Array.from({ length: 16 }, async (_, index) => {
      const { predictionId } = await other.predict({ image: images[index % 4]! });
      assert.equal((await store.find(predictionId))?.record.predictionId, predictionId);
    }),
  );
  assert.equal((await fixture.bus.statsOf('PREDICTION_INPUTS')).messages, 4, 'equal images are kept once');
  await fixture.nats.kill();
  try {
    await assert.rejects(
      other.predict({ image: images[0]! }),
      (error) =>
        isCode('BUS_UNAVAILABLE')(error) &&
        /not answered because its record could not be stored/.test((error as Error).message),
    );
  } finally {
    await fixture.nats.restart();
  }
  const { predictionId } = await other.predict({ image: images[1]! });
  assert.equal((await store.find(predictionId))?.record.predictionId, predictionId);
  await durable.stop();
});

test('records that go by size are told to operators', async () => {
  const told: string[] = [];
  const stopped = new AbortController();
  const watching = watchRetention({
    store,
    log: createLogger('test'),
    onGone: (message) => told.push(message),
    everyMs: 50,
    signal: stopped.signal,
  });
  const { bytes } = await store.stats();
  await sleep(100);
  assert.deepEqual(told, []);
  await fixture.bus.ensureTopology({ maxBytes: { PREDICTIONS: Math.floor(bytes / 2) } });
  await until(() => told.length > 0, 'told');
  stopped.abort();
  await watching;
  assert.match(
    told[0]!,
    /^\d+ records of predictions have gone by age or size \(SULCUS_STREAM_PREDICTIONS_AGE.*: \d+ records since /,
  );
});

test('an id that no subject can hold is INVALID_ARGUMENT', async () => {
  await assert.rejects(store.find('*'), isCode('INVALID_ARGUMENT'));
});
