import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectBus, publishRetention, readRetentions, withdrawRetention, type Bus } from '#libs/bus';
import { startNats, type TestNats } from '../../helpers/nats.js';

let nats: TestNats;
let bus: Bus;
before(async () => {
  nats = await startNats();
  bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
});
after(async () => {
  await bus.drain();
  await nats.stop();
});

test('what a run needs is read as it was said, in any order and however far apart', async () => {
  const retained = [7_000_000_001, 3, 8, 5, 3];
  await publishRetention(bus, { run: 'main', settledThrough: 7_000_000_005, labelsThrough: 12, retained });
  const read = (await readRetentions(bus)).get('main')!;
  assert.deepEqual([read.settledThrough, read.labelsThrough], [7_000_000_005, 12]);
  assert.deepEqual([...read.retained], [3, 5, 8, 7_000_000_001]);
  assert.ok(Math.abs(Date.now() - read.updatedUnixMs) < 60_000);
});

test('the newest word of a run holds, apart from those of other runs', async () => {
  await publishRetention(bus, { run: 'one', settledThrough: 5, labelsThrough: 0, retained: [1, 2] });
  await publishRetention(bus, { run: 'two', settledThrough: 0, labelsThrough: 0, retained: [] });
  await publishRetention(bus, { run: 'one', settledThrough: 9, labelsThrough: 0, retained: [2] });
  const all = await readRetentions(bus);
  assert.deepEqual([all.get('one')?.settledThrough, [...all.get('one')!.retained]], [9, [2]]);
  assert.deepEqual([all.get('two')?.settledThrough, [...all.get('two')!.retained]], [0, []]);
});

test('a hundred thousand scans to keep fit one record, also of a broker with its default payload', async () => {
  const retained = Array.from({ length: 100_000 }, (_, index) => 3 + index * 150);
  await publishRetention(bus, { run: 'many', settledThrough: 15_000_000, labelsThrough: 0, retained });
  const bytes = (await (await bus.keyValue('retention')).get('many'))!.value.length;
  assert.ok(bytes < 2 ** 20 / 2, `${bytes} bytes`);
  assert.deepEqual([...(await readRetentions(bus)).get('many')!.retained], retained);
});

test('a run that takes back what it said is one that needs everything', async () => {
  await publishRetention(bus, { run: 'gone', settledThrough: 5, labelsThrough: 0, retained: [] });
  await withdrawRetention(bus, 'gone');
  await withdrawRetention(bus, 'gone');
  assert.equal((await readRetentions(bus)).has('gone'), false);
});

test('a record that cannot be read is an error, not a run that needs nothing', async () => {
  await (await bus.keyValue('retention')).put('broken', Buffer.from([0xff, 0xff, 0xff]));
  await assert.rejects(readRetentions(bus), { code: 'MESSAGE_INVALID' });
  await withdrawRetention(bus, 'broken');
});
