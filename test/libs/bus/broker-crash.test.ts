import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as netConnect, createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { CHUNK_BYTES, connectBus, subjects } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { until } from '../../helpers/until.js';
import { startNats } from '../../helpers/nats.js';
import { connect, idOf, publishLabels, range } from './_fixtures.js';

test('over a broker killed twice nothing is lost, and order and identity are kept', async (t) => {
  const nats = await startNats(t);
  const bus = await connect(t, nats.url);
  await bus.ensureTopology();
  const stop = new AbortController();
  const consumed = new Set<number>();
  const followed: number[] = [];
  const running = [
    bus.consume({
      stream: 'LABELS',
      durable: 'crash',
      codec: codecs.LabelEvent,
      maxInFlight: 4,
      ackWaitMs: 1000,
      signal: stop.signal,
      onMessage: async ({ message }) => void consumed.add(idOf(message)),
    }),
    (async () => {
      for await (const { message } of bus.follow({ stream: 'LABELS', codec: codecs.LabelEvent, signal: stop.signal }))
        followed.push(idOf(message));
    })(),
  ];
  const publishing = publishLabels(bus, 'crash', 0, 600);
  for (const seen of [50, 300]) {
    await until(() => followed.length >= seen, `${seen} followed`);
    await nats.kill('SIGKILL');
    await delay(300);
    await nats.restart();
  }
  await publishing;
  await until(() => followed.length >= 600, 'all followed');
  await until(() => consumed.size >= 600, 'all consumed');
  stop.abort();
  await Promise.all(running);
  assert.deepEqual(followed, range(0, 600));
  assert.equal((await bus.stats()).LABELS.messages, 600);
});

test('a first message sent again after a crash is told from somebody else’s', async (t) => {
  const nats = await startNats(t);
  const bus = await connect(t, nats.url);
  await bus.ensureTopology();
  const publishing = Promise.all(
    range(0, 200).map((index) =>
      bus.publish(
        subjects.scan('local', `s${index}`),
        codecs.Scan,
        { sampleId: `s${index}`, image: { inline: Buffer.alloc(20_000) } },
        { firstOnSubject: true },
      ),
    ),
  );
  await until(async () => (await bus.stats()).SCANS.messages > 0, 'some stored');
  await nats.kill('SIGKILL');
  await nats.restart();
  const results = await publishing;
  assert.equal(results.filter(({ duplicate }) => duplicate).length, 0);
  assert.deepEqual(
    [...new Set(results.map(({ sequence }) => sequence))].sort((a, b) => a - b),
    range(1, 201),
  );
});

test('a watcher resumes soon after a crash and sees the newest value', async (t) => {
  const nats = await startNats(t);
  const bus = await connect(t, nats.url);
  await bus.ensureTopology();
  const models = await bus.keyValue('models');
  await models.put('alias.champion', Buffer.from('v1'));
  const seen: string[] = [];
  const stop = new AbortController();
  const watching = (async () => {
    for await (const { value } of models.watch('alias.', stop.signal)) seen.push(value?.toString() ?? '');
  })();
  await until(() => seen.length === 1, 'first value');
  await nats.kill('SIGKILL');
  await nats.restart();
  const restarted = Date.now();
  await until(
    () =>
      models.put('alias.champion', Buffer.from('v2')).then(
        () => true,
        () => false,
      ),
    'broker back',
  );
  await until(() => seen.at(-1) === 'v2', 'second value');
  assert.ok(Date.now() - restarted < 5000, `took ${Date.now() - restarted} ms`);
  stop.abort();
  await watching;
});

test('a pulled message can be acknowledged after the broker came back', async (t) => {
  const nats = await startNats(t);
  const bus = await connect(t, nats.url);
  await bus.ensureTopology();
  await bus.publish(subjects.batch('main'), codecs.TensorBatch, { run: 'main' });
  const stop = new AbortController();
  for await (const delivery of bus.pull({
    stream: 'BATCHES',
    durable: 'trainer',
    codec: codecs.TensorBatch,
    maxInFlight: 4,
    signal: stop.signal,
  })) {
    await nats.kill('SIGKILL');
    const acknowledging = delivery.ack();
    await nats.restart();
    await acknowledging;
    break;
  }
  assert.equal((await bus.stats()).BATCHES.messages, 0);
});

test('blobs are stored and fetched over a crash', async (t) => {
  const nats = await startNats(t);
  const bus = await connect(t, nats.url);
  await bus.ensureTopology();
  const content = randomBytes(60 * CHUNK_BYTES);
  const storing = bus.putBlob(content);
  await until(async () => (await bus.stats()).BLOBS.messages > 2, 'some chunks');
  await nats.kill('SIGKILL');
  await nats.restart();
  const fetching = bus.getBlob(await storing);
  await nats.kill('SIGKILL');
  await nats.restart();
  assert.ok((await fetching).equals(content));
});

test('messages without an id of their own are stored once each over a crash', async (t) => {
  const nats = await startNats(t);
  const bus = await connect(t, nats.url);
  await bus.ensureTopology();
  const publishing = Promise.all(
    range(0, 100).map((index) =>
      bus.publish(subjects.label('local'), codecs.LabelEvent, { label: 'x'.repeat(20_000), sampleId: String(index) }),
    ),
  );
  await until(async () => (await bus.stats()).LABELS.messages > 0, 'some stored');
  await nats.kill('SIGKILL');
  await nats.restart();
  assert.ok((await publishing).every(({ duplicate }) => !duplicate));
  assert.equal((await bus.stats()).LABELS.messages, 100);
});

test('an event is worth one attempt and never stored twice; closing with the broker away does not hang', async (t) => {
  const nats = await startNats(t);
  const bus = await connect(t, nats.url);
  await bus.ensureTopology();
  await nats.kill('SIGKILL');
  const published = bus.publish(subjects.event('test'), codecs.PipelineEvent, { service: 'test' }).then(
    () => true,
    (error: { code: string }) => (assert.equal(error.code, 'BUS_UNAVAILABLE'), false),
  );
  await nats.restart();
  const stored = await published;
  assert.ok((await bus.stats()).EVENTS.messages <= 1);
  if (stored) assert.equal((await bus.stats()).EVENTS.messages, 1);
  await nats.kill('SIGKILL');
  const closing = Date.now();
  await bus.drain();
  assert.ok(Date.now() - closing < 5000);
});

test('a broker that is away is waited for as long as the caller says', async (t) => {
  const nats = await startNats(t);
  const bus = await connect(t, nats.url);
  await bus.ensureTopology();
  await nats.kill('SIGKILL');
  const startMs = performance.now();
  await assert.rejects(bus.publish(subjects.label('local'), codecs.LabelEvent, {}, { retryTimeoutMs: 0 }), {
    code: 'BUS_UNAVAILABLE',
  });
  assert.ok(performance.now() - startMs < 15_000, 'one attempt');

  const told: string[] = [];
  const publishing = bus.publish(
    subjects.label('local'),
    codecs.LabelEvent,
    {},
    { retryTimeoutMs: Infinity, onRetry: ({ code }) => told.push(code) },
  );
  await nats.restart();
  assert.equal((await publishing).duplicate, false);
  assert.ok(told.every((code) => code === 'BUS_UNAVAILABLE'));
});

test('consumers that are stopped while the broker is away end without an error', async (t) => {
  const nats = await startNats(t);
  const bus = await connect(t, nats.url);
  await bus.ensureTopology();
  await nats.kill('SIGKILL');
  const stop = new AbortController();
  const { signal } = stop;
  const work = { stream: 'LABELS', durable: 'stopped', codec: codecs.LabelEvent, maxInFlight: 1, signal } as const;
  const drained = async (messages: AsyncIterable<unknown>): Promise<void> => {
    for await (const _ of messages) assert.fail('nothing was stored');
  };
  const running = Promise.all([
    bus.consume({ ...work, onMessage: async () => assert.fail('nothing was stored') }),
    drained(bus.pull(work)),
    drained(bus.follow(work)),
  ]);
  await delay(300);
  stop.abort();
  await running;
});

test('closing a connection on which nothing comes any more takes some seconds, not for ever', async (t) => {
  const nats = await startNats(t);
  let isSilent = false;
  const proxy = createServer((near) => {
    const far = netConnect(Number(new URL(nats.url).port), '127.0.0.1');
    near.on('data', (bytes) => void (isSilent || far.write(bytes)));
    far.on('data', (bytes) => void (isSilent || near.write(bytes)));
    for (const socket of [near, far]) socket.on('error', () => undefined).on('close', () => far.destroy());
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.after(() => proxy.close());
  const bus = await connectBus({ servers: `nats://127.0.0.1:${(proxy.address() as AddressInfo).port}`, name: 'test' });
  isSilent = true;
  const startedMs = performance.now();
  await bus.drain();
  assert.ok(performance.now() - startedMs < 20_000);
});
