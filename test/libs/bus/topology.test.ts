import { jetstreamManager } from '@nats-io/jetstream';
import { connect as connectNats } from '@nats-io/transport-node';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectBus, limitsFromEnvironment, STREAM_NAMES, subjects } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { until } from '../../helpers/until.js';
import { isCode } from '../../helpers/errors.js';
import { startNats, type TestNats } from '../../helpers/nats.js';
import { connect } from './_fixtures.js';

/** Sizes that fit any disk. */
const maxBytes = Object.fromEntries(STREAM_NAMES.map((stream) => [stream, 4e6]));

test('many services may ensure the topology at once, and again later', async (t) => {
  const nats = await startNats(t);
  const buses = await Promise.all(Array.from({ length: 4 }, () => connect(t, nats.url)));
  await Promise.all(buses.map((bus) => bus.ensureTopology()));
  await Promise.all(buses.map((bus) => bus.ensureTopology()));
  const stats = await buses[0]!.stats();
  assert.deepEqual(Object.keys(stats), [...STREAM_NAMES]);
  assert.equal(stats.BATCHES.maxBytes, 512e6);
  await buses[0]!.keyValue('models');
  await buses[0]!.keyValue('checkpoints');
});

test('a size that a service names is applied; one that it does not name is left alone', async (t) => {
  const nats = await startNats(t);
  const bus = await connect(t, nats.url);
  await bus.ensureTopology({ maxBytes: { BATCHES: 64e6 } });
  await bus.ensureTopology();
  assert.equal((await bus.stats()).BATCHES.maxBytes, 64e6);
  await bus.ensureTopology({ maxBytes: { BATCHES: 128e6 }, duplicateWindowMs: 60_000 });
  assert.equal((await bus.stats()).BATCHES.maxBytes, 128e6);
});

test('a message is deleted once or more often, its neighbours stay, and its place is not given again', async (t) => {
  const nats = await startNats(t);
  const bus = await connect(t, nats.url);
  await bus.ensureTopology();
  for (let index = 0; index < 3; index++)
    await bus.publish(subjects.label('a'), codecs.LabelEvent, { sampleId: String(index), label: 'x' });
  for (const sequence of [2, 2, 3, 3, 77]) await bus.deleteMessage('LABELS', sequence);
  assert.equal(await bus.get('LABELS', 2, codecs.LabelEvent), undefined);
  assert.equal((await bus.get('LABELS', 1, codecs.LabelEvent))?.message.sampleId, '0');
  const { sequence } = await bus.publish(subjects.label('a'), codecs.LabelEvent, { sampleId: '3', label: 'x' });
  assert.equal(sequence, 4);
});

test('a full stream refuses what is new, and what was accepted is all there', async (t) => {
  const nats = await startNats(t);
  const bus = await connect(t, nats.url);
  await bus.ensureTopology({ maxBytes: { SCANS: 2_000_000 } });
  const image = { inline: Buffer.alloc(40_000) };
  const outcomes = await Promise.allSettled(
    Array.from({ length: 200 }, (_, index) =>
      bus.publish(
        subjects.scan('local', `s${index}`),
        codecs.Scan,
        { sampleId: `s${index}`, image },
        { firstOnSubject: true },
      ),
    ),
  );
  const accepted = outcomes.filter(({ status }) => status === 'fulfilled').length;
  const refusals = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [(outcome.reason as { code: string }).code] : [],
  );
  assert.ok(accepted > 0 && refusals.length > 0);
  assert.deepEqual([...new Set(refusals)], ['BACKPRESSURE']);
  assert.equal((await bus.stats()).SCANS.messages, accepted);
});

test('a full stream is waited for when the caller says so, and the message is stored when there is room', async (t) => {
  const nats = await startNats(t);
  const bus = await connect(t, nats.url);
  await bus.ensureTopology({ maxBytes: { LABELS: 100_000 } });
  const publish = (retryTimeoutMs: number, onRetry?: (failure: { code: string }) => void) =>
    bus.publish(
      subjects.label('local'),
      codecs.LabelEvent,
      { label: 'x'.repeat(60_000) },
      { whileFull: true, retryTimeoutMs, onRetry },
    );
  await publish(0);
  await assert.rejects(publish(200), { code: 'BACKPRESSURE' });
  const told: string[] = [];
  const publishing = publish(Infinity, ({ code }) => told.push(code));
  await until(() => told.length > 0, 'a pause');
  await bus.ensureTopology({ maxBytes: { LABELS: 1_000_000 } });
  assert.equal((await publishing).duplicate, false);
  assert.equal((await bus.stats()).LABELS.messages, 2);
  assert.ok(told.every((code) => code === 'BACKPRESSURE'));
});

test('events overwrite the oldest instead of refusing', async (t) => {
  const nats = await startNats(t);
  const bus = await connect(t, nats.url);
  await bus.ensureTopology({ maxBytes: { EVENTS: 100_000 } });
  for (let index = 0; index < 50; index++)
    await bus.publish(subjects.event('test'), codecs.PipelineEvent, { service: 'x'.repeat(5000) });
  const { messages, bytes } = (await bus.stats()).EVENTS;
  assert.ok(messages < 50 && bytes <= 100_000);
});

test('records of predictions cannot be taken out by hand, only by size and age, the oldest first', async (t) => {
  const nats = await startNats(t);
  const bus = await connect(t, nats.url);
  await bus.ensureTopology({ maxBytes: { PREDICTIONS: 50_000 }, predictionAgeMs: 86_400_000 });
  const ids = Array.from({ length: 60 }, (_, index) => `p${index}`);
  for (const id of ids)
    await bus.publish(
      subjects.prediction('main', 'main-000001', id),
      codecs.PredictionRecord,
      { predictionId: id, requestName: 'x'.repeat(1000) },
      { firstOnSubject: true },
    );
  const client = await connectNats({ servers: nats.url });
  t.after(() => client.close());
  const { streams } = await jetstreamManager(client);
  await assert.rejects(streams.purge('PREDICTIONS'), /not permitted/);
  await assert.rejects(streams.deleteMessage('PREDICTIONS', 60), /not permitted/);
  await assert.rejects(streams.update('PREDICTIONS', { deny_purge: false }), /can not|cannot/);
  const { messages, bytes, firstSequence, lastSequence, maxAgeMs } = await bus.statsOf('PREDICTIONS');
  assert.deepEqual([messages, lastSequence, maxAgeMs], [lastSequence - firstSequence + 1, 60, 86_400_000]);
  assert.ok(messages > 10 && messages < 60 && bytes <= 50_000, `${messages} messages of ${bytes} bytes`);
  assert.equal(
    (await bus.getLast('PREDICTIONS', subjects.predictionOf('p59'), codecs.PredictionRecord))!.message.predictionId,
    'p59',
  );
  assert.equal(await bus.getLast('PREDICTIONS', subjects.predictionOf('p0'), codecs.PredictionRecord), undefined);
});

test('a size that the disk cannot hold says which variable to change', async (t) => {
  const nats = await startNats(t);
  const bus = await connect(t, nats.url);
  await assert.rejects(bus.ensureTopology({ maxBytes: { SCANS: 1e15 } }), {
    code: 'STORAGE_FULL',
    message: /SULCUS_STREAM_SCANS_BYTES/,
  });
});

test('sizes come from the environment, and all mistakes in it are reported together', () => {
  assert.deepEqual(
    limitsFromEnvironment({
      SULCUS_STREAM_SCANS_BYTES: '20GB',
      SULCUS_STREAM_EVENTS_AGE: '2h',
      SULCUS_STREAM_PREDICTIONS_AGE: '30d',
    }),
    { eventAgeMs: 7_200_000, predictionAgeMs: 30 * 86_400_000, maxBytes: { SCANS: 20e9 } },
  );
  assert.throws(
    () => limitsFromEnvironment({ SULCUS_STREAM_SCANS_BYTES: 'much', SULCUS_STREAM_REPLICAS: '9' }),
    (error: { code: string; message: string }) => {
      assert.equal(error.code, 'INVALID_CONFIG');
      assert.match(error.message, /SULCUS_STREAM_SCANS_BYTES.*\n.*SULCUS_STREAM_REPLICAS/s);
      return true;
    },
  );
});

test('without a broker the error says where it was looked for and what to do', async () => {
  await assert.rejects(connectBus({ servers: 'nats://127.0.0.1:9', name: 'test', connectTimeoutMs: 600 }), {
    code: 'BUS_UNAVAILABLE',
    message: /127\.0\.0\.1:9.*npm start.*SULCUS_NATS_URL/s,
  });
});

test('a broker that comes up late is waited for', async (t) => {
  const nats = await startNats(t);
  await nats.kill();
  const connecting = connectBus({ servers: nats.url, name: 'early', connectTimeoutMs: 10_000 });
  await nats.restart();
  const bus = await connecting;
  assert.match(bus.serverVersion, /^2\.\d+\.\d+/);
  assert.equal(bus.maxPayloadBytes, 8 * 2 ** 20);
  await bus.drain();
});

test('a broker that takes too small messages is refused', async (t) => {
  const nats = await startNats(t, { maxPayload: '64KB' });
  await assert.rejects(connectBus({ servers: nats.url, name: 'test' }), {
    code: 'INVALID_CONFIG',
    message: /max_payload/,
  });
});

test('streams that others set up so that messages would be lost are refused, and what is wrong is named', async (t) => {
  const nats = await startNats(t);
  const bus = await connect(t, nats.url);
  await bus.ensureTopology();
  const direct = await connectNats({ servers: nats.url });
  t.after(() => direct.close());
  const manager = await jetstreamManager(direct);
  const changes = [
    ['SCANS', { max_age: 3600e9 }, /SCANS.*forgets messages after 3600 s/],
    ['LABELS', { max_msgs_per_subject: 1 }, /LABELS.*keeps 1 messages of a subject/],
  ] as const;
  for (const [stream, change, message] of changes) {
    const { config } = await manager.streams.info(stream);
    await manager.streams.update(stream, change);
    await assert.rejects(bus.ensureTopology(), { code: 'INVALID_CONFIG', message });
    await manager.streams.update(stream, config);
    await bus.ensureTopology();
  }
});

test('a broker that is set up so that we cannot work with it is named with what to do', async (t) => {
  const limited = (limit: string): Promise<TestNats> =>
    startNats(t, {
      further:
        `accounts { A: { jetstream: { ${limit}, max_file: 60G }, users: [{ user: a, password: b }] } }\n` +
        'no_auth_user: a',
    });
  const [fewStreams, fewReaders, others] = await Promise.all([
    limited('max_streams: 5'),
    limited('max_consumers: 1'),
    startNats(t),
  ]);
  const bus = await connect(t, fewStreams.url);
  await assert.rejects(bus.ensureTopology({ maxBytes }), isCode('INVALID_CONFIG', /raise max_streams of the account/));
  const reading = await connect(t, fewReaders.url);
  await reading.ensureTopology({ maxBytes });
  const stop = new AbortController();
  const follow = async (): Promise<void> => {
    for await (const _ of reading.follow({ stream: 'LABELS', signal: stop.signal }));
  };
  const refused = isCode('INVALID_CONFIG', /raise max_consumers of the account/);
  await assert.rejects(Promise.all([follow(), follow()]), refused);
  stop.abort();
  const raw = await connectNats({ servers: others.url });
  await (await jetstreamManager(raw)).streams.add({ name: 'OTHERS', subjects: ['scan.>'] });
  await raw.close();
  const late = await connect(t, others.url);
  await assert.rejects(late.ensureTopology(), isCode('INVALID_CONFIG', /give sulcus an account of its own/));
});
