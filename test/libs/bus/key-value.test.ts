import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectBus, type Bus, type KeyValue } from '#libs/bus';
import { startNats, type TestNats } from '../../helpers/nats.js';

let nats: TestNats;
let bus: Bus;
let models: KeyValue;
before(async () => {
  nats = await startNats();
  bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
  models = await bus.keyValue('models');
});
after(async () => {
  await bus.drain();
  await nats.stop();
});

const text = (value: string) => Buffer.from(value);

test('a key is created once', async () => {
  const revision = await models.create('create', text('one'));
  const { timeUnixMs, ...entry } = (await models.get('create'))!;
  assert.deepEqual(entry, { value: text('one'), revision });
  assert.ok(Math.abs(Date.now() - timeUnixMs) < 60_000, 'the broker says when it was written');
  await assert.rejects(models.create('create', text('two')), { code: 'ALREADY_EXISTS' });
  assert.equal(await models.get('nothing'), undefined);
});

test('of several who write over the same revision exactly one wins', async () => {
  const revision = await models.create('race', text('start'));
  const outcomes = await Promise.allSettled(
    Array.from({ length: 8 }, (_, index) => models.update('race', text(String(index)), revision)),
  );
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const outcome of outcomes)
    if (outcome.status === 'rejected') assert.equal((outcome.reason as { code: string }).code, 'CONFLICT');
  await assert.rejects(models.update('race', text('late'), revision), { code: 'CONFLICT' });
});

test('a deleted key reads as absent, is not listed and can be created again', async () => {
  await models.create('gone.a', text('x'));
  await models.put('gone.b', text('y'));
  await models.delete('gone.a');
  assert.equal(await models.get('gone.a'), undefined);
  assert.deepEqual(await models.keys('gone.'), ['gone.b']);
  await models.create('gone.a', text('z'));
  assert.deepEqual(await models.keys('gone.'), ['gone.a', 'gone.b']);
});

test('keys are listed by prefix, also within a word; none is an empty list', async () => {
  for (const key of ['version.main-2', 'version.main-1', 'version.other-1', 'versions'])
    await models.put(key, text(key));
  assert.deepEqual(await models.keys('version.main-'), ['version.main-1', 'version.main-2']);
  assert.deepEqual(await models.keys('nobody.'), []);
});

test('a watcher sees the current values first, then changes and deletions', async () => {
  await models.put('watch.a', text('1'));
  await models.put('watch.b', text('1'));
  await models.put('elsewhere', text('1'));
  const seen: string[] = [];
  for await (const { key, value, pending } of models.watch('watch.', AbortSignal.timeout(10_000))) {
    seen.push(`${key}=${value?.toString() ?? 'deleted'}`);
    if (seen.length === 2) {
      assert.equal(pending, 0);
      await models.put('watch.b', text('2'));
      await models.put('elsewhere', text('2'));
      await models.delete('watch.a');
    }
    if (seen.length === 4) break;
  }
  assert.deepEqual(seen, ['watch.a=1', 'watch.b=1', 'watch.b=2', 'watch.a=deleted']);
});

test('a bucket of a broker without topology is named', async (t) => {
  const empty = await startNats(t);
  await using lone = await connectBus({ servers: empty.url, name: 'test' });
  await assert.rejects(lone.keyValue('models'), { code: 'NOT_FOUND', message: /no bucket models/ });
});
