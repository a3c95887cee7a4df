import assert from 'node:assert/strict';
import { rm, stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connectBus, subjects, type Bus, type Delivery } from '#libs/bus';
import { codecs, type TensorBatch } from '#libs/contracts';
import { startNats, type TestNats } from '../../helpers/nats.js';
import { range } from './_fixtures.js';

let nats: TestNats;
let bus: Bus;
before(async () => {
  nats = await startNats();
  bus = await connectBus({ servers: nats.url, name: 'trainer' });
  await bus.ensureTopology();
});
after(async () => {
  await bus.drain();
  await nats.stop();
});

async function publishBatches(run: string, count: number, pixels = Buffer.alloc(0)): Promise<void> {
  for (let sequence = 0; sequence < count; sequence++) {
    await bus.publish(
      subjects.batch(run),
      codecs.TensorBatch,
      { run, sequence, pixels: { inline: pixels } },
      { messageId: `${run}-${sequence}` },
    );
  }
}

/** Takes deliveries until `count` are held or none comes for a while. */
async function take(
  run: string,
  count: number,
  options: { maxInFlight?: number; recreate?: boolean; waitMs?: number } = {},
): Promise<Delivery<TensorBatch>[]> {
  const stop = new AbortController();
  const held: Delivery<TensorBatch>[] = [];
  const timer = setTimeout(() => stop.abort(), options.waitMs ?? 5000);
  for await (const delivery of bus.pull({
    stream: 'BATCHES',
    durable: `trainer-${run}`,
    subject: subjects.batch(run),
    codec: codecs.TensorBatch,
    maxInFlight: 100,
    ...options,
    signal: stop.signal,
  })) {
    held.push(delivery);
    if (held.length === count) break;
  }
  clearTimeout(timer);
  return held;
}

const sequences = (held: readonly Delivery<TensorBatch>[]) => held.map(({ message }) => message.sequence);

test('messages come in order and leave the work queue when they are acknowledged', async () => {
  await publishBatches('order', 10);
  const held = await take('order', 10);
  assert.deepEqual(sequences(held), range(0, 10));
  assert.equal((await bus.stats()).BATCHES.messages, 10);
  for (const delivery of held) await delivery.ack();
  assert.equal((await bus.stats()).BATCHES.messages, 0);
});

test('no more is held than asked for until something is acknowledged', async () => {
  await publishBatches('bounded', 6);
  const stop = new AbortController();
  const held: Delivery<TensorBatch>[] = [];
  const running = (async () => {
    for await (const delivery of bus.pull({
      stream: 'BATCHES',
      durable: 'trainer-bounded',
      subject: subjects.batch('bounded'),
      codec: codecs.TensorBatch,
      maxInFlight: 2,
      signal: stop.signal,
    }))
      held.push(delivery);
  })();
  await delay(300);
  assert.deepEqual(sequences(held), [0, 1]);
  await held[0]!.ack();
  await delay(200);
  assert.deepEqual(sequences(held), [0, 1, 2]);
  stop.abort();
  await running;
});

test('a recreated consumer gets everything that is not acknowledged, at once', async () => {
  await publishBatches('again', 5);
  const held = await take('again', 4);
  await held[0]!.ack();
  await held[1]!.ack();
  const started = Date.now();
  assert.deepEqual(sequences(await take('again', 3, { recreate: true })), [2, 3, 4]);
  assert.ok(Date.now() - started < 3000);
});

test('what is given back comes again', async () => {
  await publishBatches('back', 1);
  const [first] = await take('back', 1);
  first!.nak();
  const [second] = await take('back', 1);
  assert.equal(second!.deliveryCount, 2);
  await second!.ack();
});

test('messages as large as the broker takes flow without losing the connection', async () => {
  const pixels = Buffer.alloc(8_300_000, 7);
  await publishBatches('large', 12, pixels);
  const held = await take('large', 12, { waitMs: 20_000 });
  assert.deepEqual(sequences(held), range(0, 12));
  assert.ok(
    held.every(({ deliveryCount, message }) => deliveryCount === 1 && message.pixels?.inline?.length === pixels.length),
  );
});

test('an acknowledgement of what a damaged disk has lost ends with that cause, and early', async (t) => {
  const own = await startNats(t);
  await using trainer = await connectBus({ servers: own.url, name: 'trainer' });
  await trainer.ensureTopology();
  const batch = { run: 'lost', pixels: { inline: Buffer.alloc(1000) } };
  for (const messageId of ['a', 'b', 'c'])
    await trainer.publish(subjects.batch('lost'), codecs.TensorBatch, batch, { messageId });
  const stop = new AbortController();
  const options = { stream: 'BATCHES', durable: 'lost', codec: codecs.TensorBatch, maxInFlight: 10 } as const;
  const pulled = trainer.pull({ ...options, subject: subjects.batch('lost'), signal: stop.signal });
  const held: Delivery<TensorBatch>[] = [];
  while (held.length < 3) held.push((await pulled.next()).value as Delivery<TensorBatch>);
  await own.kill();
  const block = path.join(own.messagesFolder('BATCHES'), '1.blk');
  await truncate(block, (await stat(block)).size - 500);
  await own.restart();
  const acknowledging = held[2]!.ack();
  await assert.rejects(acknowledging, { code: 'STORAGE_FAILED' });
  stop.abort();
  await pulled.return(undefined);
});

test('an acknowledgement of what a killed broker forgot that it delivered ends early, and comes again', async (t) => {
  const own = await startNats(t);
  await using worker = await connectBus({ servers: own.url, name: 'preprocess' });
  await worker.ensureTopology();
  for (const messageId of ['a', 'b'])
    await worker.publish(subjects.batch('forgotten'), codecs.TensorBatch, { run: 'forgotten' }, { messageId });
  const options = { stream: 'BATCHES', durable: 'forgotten', codec: codecs.TensorBatch, maxInFlight: 1 } as const;
  const stop = new AbortController();
  const pulled = worker.pull({ ...options, subject: subjects.batch('forgotten'), signal: stop.signal });
  const { value: held } = (await pulled.next()) as { value: Delivery<TensorBatch> };
  await own.kill();
  // What it has delivered is written some time after the delivery.
  await rm(path.join(own.messagesFolder('BATCHES'), '../obs/forgotten/o.dat'), { force: true });
  await own.restart();
  const startedMs = performance.now();
  await assert.rejects(held.ack(), { code: 'BUS_UNAVAILABLE' });
  assert.ok(performance.now() - startedMs < 15_000);
  held.nak();
  const { value: again } = (await pulled.next()) as { value: Delivery<TensorBatch> };
  assert.equal(again.sequence, held.sequence);
  await again.ack();
  stop.abort();
  await pulled.return(undefined);
});
