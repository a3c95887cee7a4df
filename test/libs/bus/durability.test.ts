import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectBus, readDurability, subjects } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { until } from '../../helpers/until.js';
import { startNats } from '../../helpers/nats.js';

test('the server says whether acknowledged messages are on the disk', async (t) => {
  const relaxed = await startNats(t);
  const { syncAlways, syncIntervalMs, maxPayloadBytes, serverVersion } = await readDurability(relaxed.monitorUrl);
  assert.deepEqual([syncAlways, syncIntervalMs, maxPayloadBytes], [false, 120_000, 8 * 2 ** 20]);
  assert.match(serverVersion, /^2\./);
  const strict = await startNats(t, { syncInterval: 'always' });
  assert.equal((await readDurability(strict.monitorUrl)).syncAlways, true);
});

test('where no monitoring answers, the error says where it was looked for', async () => {
  await assert.rejects(readDurability('http://127.0.0.1:9'), { code: 'BUS_UNAVAILABLE', message: /127\.0\.0\.1:9/ });
});

test('the largest images never make a server of default settings cut the connection', async (t) => {
  const nats = await startNats(t, { maxPending: '64MB' });
  const bus = await connectBus({ servers: nats.url, name: 'test' });
  t.after(() => bus.drain());
  await bus.ensureTopology();
  const image = { inline: Buffer.alloc(8_200_000, 1) };
  const count = 12;
  for (let index = 0; index < count; index++)
    await bus.publish(subjects.scan('local', `s${index}`), codecs.Scan, { sampleId: `s${index}`, image });
  const stop = new AbortController();
  const deliveries: number[] = [];
  const running = bus.consume({
    stream: 'SCANS',
    durable: 'large',
    codec: codecs.Scan,
    maxInFlight: 16,
    signal: stop.signal,
    onMessage: async ({ deliveryCount, sequence }) => {
      deliveries.push(deliveryCount);
      await Promise.all(
        [sequence, ((sequence + 5) % count) + 1].map((wanted) => bus.get('SCANS', wanted, codecs.Scan)),
      );
    },
  });
  await until(() => deliveries.length === count, 'all consumed', 60_000);
  stop.abort();
  await running;
  assert.deepEqual([...new Set(deliveries)], [1]);
  assert.equal((await readDurability(nats.monitorUrl)).slowConsumers, 0);
});
