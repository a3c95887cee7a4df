import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { connectBus, type Bus, Streams, subjects, trainerConsumer } from '#libs/bus';
import { codecs, Split } from '#libs/contracts';
import { createLogger } from '#libs/telemetry';
import { BatchExchange } from '../../../../services/trainer/data/batch-exchange.js';
import { DAY_MS, setClockBack } from '../../../helpers/clock.js';
import { startNats } from '../../../helpers/nats.js';
import { until } from '../../../helpers/until.js';

const exchangeOn = (bus: Bus): BatchExchange =>
  new BatchExchange(bus, createLogger('test'), {
    run: 'main',
    credit: 1,
    seed: 1,
    transform: { json: '{}', hash: '' },
    requestTimeoutMs: 1000,
  });

test('a batch that the broker holds again though it was acknowledged is swept away', async (t) => {
  const nats = await startNats(t);
  const before = await mkdtemp(path.join(tmpdir(), 'sulcus-batches-'));
  t.after(() => rm(before, { recursive: true }));
  const batches = nats.messagesFolder('BATCHES');
  {
    await using bus = await connectBus({ servers: nats.url, name: 'test' });
    await bus.ensureTopology();
    await bus.publish(subjects.batch('main'), codecs.TensorBatch, { run: 'main', requestId: 'one' });
    await nats.kill('SIGTERM');
    await cp(batches, before, { recursive: true });
    await nats.restart();
    const stop = new AbortController();
    const durable = trainerConsumer('main');
    for await (const delivery of bus.pull({
      stream: Streams.BATCHES,
      durable,
      codec: codecs.TensorBatch,
      maxInFlight: 1,
      signal: stop.signal,
    })) {
      await delivery.ack();
      break;
    }
    stop.abort();
  }
  await nats.kill('SIGTERM');
  await rm(batches, { recursive: true });
  await cp(before, batches, { recursive: true });
  await nats.restart();
  await using bus = await connectBus({ servers: nats.url, name: 'test' });
  assert.equal((await bus.statsOf(Streams.BATCHES)).messages, 1);
  const exchange = exchangeOn(bus);
  await exchange.sweep();
  assert.equal((await bus.statsOf(Streams.BATCHES)).messages, 0);
});

test('a batch that does not come is asked for again in time, though the clock was set back by a day', async (t) => {
  const nats = await startNats(t);
  await using bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
  const exchange = exchangeOn(bus);
  const stop = new AbortController();
  const sample = { scanSequence: 1, sampleId: 'a'.repeat(64), split: Split.SPLIT_TRAIN, classIndex: 0 };
  const contents = [{ epoch: 0, split: Split.SPLIT_TRAIN, samples: [sample] }].values();
  const waiting = exchange.batches(contents, stop.signal).next();
  const requests = async (): Promise<number> => (await bus.statsOf(Streams.BATCH_REQUESTS)).messages;
  await until(async () => (await requests()) === 1, 'the request');
  setClockBack(t, DAY_MS);
  await until(async () => (await requests()) >= 2, 'another request');
  stop.abort();
  await assert.rejects(waiting);
});
