import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connectBus, subjects, type Bus, type Delivery } from '#libs/bus';
import { codecs, type DeadLetter, type LabelEvent } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { until } from '../../helpers/until.js';
import { startNats, type TestNats } from '../../helpers/nats.js';
import { idOf, publishLabels, range } from './_fixtures.js';

let nats: TestNats;
let bus: Bus;
before(async () => {
  nats = await startNats();
  bus = await connectBus({ servers: nats.url, name: 'worker' });
  await bus.ensureTopology();
});
after(async () => {
  await bus.drain();
  await nats.stop();
});

/** Consumes labels of a site until `done` says so; returns the order in which they were handled. */
async function consumeLabels(
  site: string,
  onMessage: (delivery: Delivery<LabelEvent>) => Promise<void>,
  done: () => boolean,
  options: { maxInFlight?: number; maxDeliver?: number; ackWaitMs?: number } = {},
): Promise<void> {
  const stop = new AbortController();
  const running = bus.consume({
    stream: 'LABELS',
    durable: `labels-${site}`,
    subject: subjects.label(site),
    codec: codecs.LabelEvent,
    maxInFlight: 1,
    ...options,
    signal: stop.signal,
    onMessage,
  });
  await until(done, 'all handled');
  stop.abort();
  await running;
}

async function deadLetterOf(site: string): Promise<DeadLetter | undefined> {
  for await (const { message, pending } of bus.follow({
    stream: 'DEAD',
    signal: AbortSignal.timeout(3000),
    codec: codecs.DeadLetter,
  })) {
    if (message?.subject === subjects.label(site)) return message;
    if (pending === 0) return undefined;
  }
  return undefined;
}

test('messages are handled once, in order with one in flight, and acknowledged', async () => {
  await publishLabels(bus, 'plain', 0, 20);
  const seen: number[] = [];
  await consumeLabels(
    'plain',
    async ({ message }) => void seen.push(idOf(message)),
    () => seen.length === 20,
  );
  assert.deepEqual(seen, range(0, 20));
  const { consumers } = (await bus.stats()).LABELS;
  assert.deepEqual(
    consumers.find(({ name }) => name === 'labels-plain'),
    { name: 'labels-plain', pending: 0, ackPending: 0, redelivered: 0, waiting: 0 },
  );
});

test('no more messages are worked on at once than asked for', async () => {
  await publishLabels(bus, 'many', 0, 30);
  let active = 0;
  let most = 0;
  let handled = 0;
  await consumeLabels(
    'many',
    async () => {
      most = Math.max(most, ++active);
      await delay(5);
      active--;
      handled++;
    },
    () => handled === 30,
    { maxInFlight: 4 },
  );
  assert.equal(most, 4);
});

test('an error that may pass is tried again, the message counting its deliveries', async () => {
  await publishLabels(bus, 'flaky', 0, 1);
  const counts: number[] = [];
  await consumeLabels(
    'flaky',
    async ({ deliveryCount }) => {
      counts.push(deliveryCount);
      if (counts.length < 3) throw new SulcusError('ENGINE_FAILED', 'not now');
    },
    () => counts.length === 3,
  );
  assert.deepEqual(counts, [1, 2, 3]);
  assert.equal(await deadLetterOf('flaky'), undefined);
});

test('a permanent error gives up at once, keeping the original bytes and the cause', async () => {
  await publishLabels(bus, 'bad', 0, 1);
  let handled = 0;
  await consumeLabels(
    'bad',
    async () => {
      handled++;
      throw new SulcusError('IMAGE_TRUNCATED', 'ends early');
    },
    () => handled === 1,
  );
  const deadLetter = await deadLetterOf('bad');
  assert.equal(deadLetter?.service, 'worker');
  assert.equal(deadLetter?.code, 'IMAGE_TRUNCATED');
  assert.equal(deadLetter?.cause, 'ends early');
  assert.equal(deadLetter?.originalType, 'sulcus.v1.LabelEvent');
  assert.equal(deadLetter?.deliveries, 1);
  assert.match(deadLetter?.source ?? '', /^LABELS\/\d+$/);
  assert.equal(codecs.LabelEvent.decode(await bus.fromPayload(deadLetter.original!)).label, 'label 0');
});

test('an error that does not pass is given up after the last delivery', async () => {
  await publishLabels(bus, 'stubborn', 0, 1);
  let handled = 0;
  await consumeLabels(
    'stubborn',
    async () => {
      handled++;
      throw new Error('defect');
    },
    () => handled === 2,
    { maxDeliver: 2 },
  );
  assert.equal(handled, 2);
  const deadLetter = await deadLetterOf('stubborn');
  assert.equal(deadLetter?.code, 'INTERNAL');
  assert.equal(deadLetter?.deliveries, 2);
});

test('a message of a wrong schema becomes a dead letter without reaching the handler', async () => {
  await bus.publish(subjects.label('foreign'), codecs.ModelEvent, { version: 'v1' });
  await publishLabels(bus, 'foreign', 0, 1);
  const seen: number[] = [];
  await consumeLabels(
    'foreign',
    async ({ message }) => void seen.push(idOf(message)),
    () => seen.length === 1,
  );
  assert.deepEqual(seen, [0]);
  assert.equal((await deadLetterOf('foreign'))?.code, 'MESSAGE_INVALID');
});

test('while the system around is full the message is kept, not given up', async () => {
  await publishLabels(bus, 'full', 0, 1);
  let tries = 0;
  const counts: number[] = [];
  await consumeLabels(
    'full',
    async ({ deliveryCount }) => {
      counts.push(deliveryCount);
      if (++tries < 3) throw new SulcusError('BACKPRESSURE', 'full');
    },
    () => tries === 3,
    { maxDeliver: 1 },
  );
  assert.deepEqual(counts, [1, 1, 1]);
  assert.equal(await deadLetterOf('full'), undefined);
});

test('work longer than the acknowledgement wait is not delivered to anybody else', async () => {
  await publishLabels(bus, 'long', 0, 1);
  let handled = 0;
  await consumeLabels(
    'long',
    async () => {
      handled++;
      await delay(2500);
    },
    () => handled > 0,
    { maxInFlight: 2, ackWaitMs: 1000 },
  );
  assert.equal(handled, 1);
});

test('a message dropped by a worker that died goes to another one after the acknowledgement wait', async () => {
  await publishLabels(bus, 'crash', 0, 3);
  const doomed = await connectBus({ servers: nats.url, name: 'doomed' });
  const options = {
    stream: 'LABELS',
    durable: 'labels-crash',
    subject: subjects.label('crash'),
    codec: codecs.LabelEvent,
    ackWaitMs: 1000,
  } as const;
  const taken: number[] = [];
  for await (const { message } of doomed.pull({ ...options, maxInFlight: 1, signal: AbortSignal.timeout(5000) })) {
    taken.push(idOf(message));
    break; // never acknowledged, never given back: as if the process had been killed
  }
  await doomed.drain();
  const seen: number[] = [];
  await consumeLabels(
    'crash',
    async ({ message }) => void seen.push(idOf(message)),
    () => seen.length === 3,
    { ackWaitMs: 1000 },
  );
  assert.deepEqual(taken, [0]);
  assert.deepEqual(seen.sort(), [0, 1, 2]);
});

test('several workers share the messages, each message once', async () => {
  await publishLabels(bus, 'shared', 0, 60);
  const other = await connectBus({ servers: nats.url, name: 'worker' });
  const stop = new AbortController();
  const seen: [string, number][] = [];
  const work = (who: string, on: Bus) =>
    on.consume({
      stream: 'LABELS',
      durable: 'labels-shared',
      subject: subjects.label('shared'),
      codec: codecs.LabelEvent,
      maxInFlight: 2,
      signal: stop.signal,
      onMessage: async ({ message }) => {
        await delay(2);
        seen.push([who, idOf(message)]);
      },
    });
  const running = [work('a', bus), work('b', other)];
  await until(() => seen.length >= 60, 'all handled');
  stop.abort();
  await Promise.all(running);
  await other.drain();
  assert.deepEqual(
    seen.map(([, id]) => id).sort((x, y) => x - y),
    range(0, 60),
  );
  assert.ok(seen.some(([who]) => who === 'a') && seen.some(([who]) => who === 'b'));
});
