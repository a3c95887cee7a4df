import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import { connectBus, type Bus } from '#libs/bus';
import { StudyIndex } from '#libs/studies';
import { createLogger } from '#libs/telemetry';
import { publishScan } from '../../helpers/scans.js';
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

const signal = AbortSignal.timeout(60_000);

function startIndex(t: TestContext, options?: { keepSlices: boolean }): StudyIndex {
  const index = new StudyIndex(bus, createLogger('test'), options);
  t.after(() => index.close());
  return index;
}

async function publishSlice(sampleId: string, studyId: string): Promise<number> {
  const overrides = { sampleId, studyId, site: 'site', split: 'SPLIT_TEST' } as const;
  return (await publishScan(bus, Buffer.from('pixels'), overrides)).sequence;
}

test('an empty stream is known at once', async (t) => {
  const index = startIndex(t);
  await index.upToDate(signal);
  assert.deepEqual(index.slicesOf('nobody'), []);
  assert.equal(await index.has('nobody', signal), false);
});

test('what is stored by now is known after upToDate, in the order of the stream', async (t) => {
  const [first, second] = [await publishSlice('a1', 'study-a'), await publishSlice('a2', 'study-a')];
  await publishSlice('none', '');
  const index = startIndex(t);
  await index.upToDate(signal);
  assert.deepEqual(index.slicesOf('study-a'), [
    { sequence: first, sampleId: 'a1' },
    { sequence: second, sampleId: 'a2' },
  ]);
  await publishSlice('a3', 'study-a');
  await index.upToDate(signal);
  assert.equal(index.slicesOf('study-a').length, 3);
});

test('a slice that comes back from the archive is known where it lies now, once', async (t) => {
  const gone = await publishSlice('r1', 'study-r');
  const second = await publishSlice('r2', 'study-r');
  const index = startIndex(t);
  await index.upToDate(signal);
  await bus.deleteMessage('SCANS', gone);
  const back = await publishSlice('r1', 'study-r');
  await index.upToDate(signal);
  assert.deepEqual(index.slicesOf('study-r'), [
    { sequence: second, sampleId: 'r2' },
    { sequence: back, sampleId: 'r1' },
  ]);
});

test('a study whose scan was just stored is known, however far the index has come', async (t) => {
  const index = startIndex(t, { keepSlices: false });
  await index.upToDate(signal);
  for (let n = 0; n < 20; n++) {
    await publishSlice(`b${n}`, `study-b${n}`);
    assert.equal(await index.has(`study-b${n}`, signal), true);
  }
  assert.equal(await index.has('study-b99', signal), false);
  assert.deepEqual(index.slicesOf('study-b1'), [], 'only the studies are kept');
});

test('who waits is told when the index is closed or the caller gives up', async (t) => {
  const index = startIndex(t);
  await index.close();
  await publishSlice('c1', 'study-c');
  await assert.rejects(index.upToDate(signal), { code: 'SERVICE_UNAVAILABLE' });
  await assert.rejects(startIndex(t).upToDate(AbortSignal.abort()), { code: 'CANCELLED' });
});
