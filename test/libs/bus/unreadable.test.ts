import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectBus, type Unreadable } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { StudyIndex } from '#libs/studies';
import { createLogger } from '#libs/telemetry';
import { SampleIndex } from '../../../services/trainer/data/sample-index.js';
import { EventFeed } from '../../../services/trainer/stream/event-feed.js';
import { startNats } from '../../helpers/nats.js';
import { publishScan } from '../../helpers/scans.js';
import { until } from '../../helpers/until.js';

const image = (number: number): Buffer => Buffer.from(`image-${number}-`.repeat(200));

/** Ten scans of a study, one of them deleted, those of the given sequences damaged on the disk. */
async function damagedStream(t: Parameters<typeof startNats>[0], damaged: readonly number[]) {
  const nats = await startNats(t);
  const bus = await connectBus({ servers: nats.url, name: 'test' });
  t?.after(() => bus.drain());
  await bus.ensureTopology();
  for (let number = 1; number <= 10; number++)
    await publishScan(bus, image(number), { sampleId: `s${number}`, studyId: 'study', label: 'glioma' });
  await bus.deleteMessage('SCANS', 3);
  for (const number of damaged) await nats.damage('SCANS', `image-${number}-`);
  return { nats, bus };
}

for (const damaged of [[5], [10], [5, 10]]) {
  const which = damaged.join(' and ');

  test(`stored scans that cannot be read are counted, named and passed over: ${which}`, async (t) => {
    const { bus } = await damagedStream(t, damaged);
    const readable = [1, 2, 4, 5, 6, 7, 8, 9, 10].filter((number) => !damaged.includes(number));
    const seen: number[] = [];
    const found: Unreadable[] = [];
    const stored = {
      stream: 'SCANS',
      codec: codecs.Scan,
      signal: AbortSignal.timeout(20_000),
      storedOnly: true,
    } as const;
    const startedMs = performance.now();
    for await (const { sequence } of bus.follow({ ...stored, onUnreadable: (each) => found.push(each) }))
      seen.push(sequence);
    assert.deepEqual(seen, readable);
    assert.deepEqual(found, [{ count: damaged.length, sequences: damaged }]);
    assert.ok(performance.now() - startedMs < 8000, 'what is stored is read to its end in seconds');
  });

  test(`with scans that cannot be read, a training begins and a study is complete: ${which}`, async (t) => {
    const { bus } = await damagedStream(t, damaged);
    const stop = new AbortController();
    t.after(() => stop.abort());
    const index = new SampleIndex(['glioma'], createLogger('test'));
    const following = index.follow(bus, stop.signal).catch(() => undefined);
    const feed = new EventFeed();
    const feeding = feed.follow(bus, { scan: 0, label: 0 }, stop.signal).catch(() => undefined);
    const studies = new StudyIndex(bus, createLogger('test'));
    t.after(() => studies.close());
    await studies.upToDate(AbortSignal.timeout(15_000));
    assert.equal(studies.slicesOf('study').length, 9 - damaged.length);
    await Promise.race([index.caughtUp, until(() => false, 'all that is stored to be indexed', 15_000)]);
    assert.equal(index.labelled('SPLIT_TRAIN').length, 9 - damaged.length);
    let taken = 0;
    await until(() => {
      while (feed.next()) taken++;
      return feed.idleMs > 0;
    }, 'the stream to be quiet');
    assert.equal(taken, 9 - damaged.length);
    await publishScan(bus, image(11), { sampleId: 's11', label: 'glioma' });
    await until(() => index.labelled('SPLIT_TRAIN').length === 10 - damaged.length, 'what comes later');
    stop.abort();
    await Promise.all([following, feeding]);
  });
}

test('a message that is damaged reads as one that is not there, also by its sequence', async (t) => {
  const { bus } = await damagedStream(t, [5]);
  assert.equal(await bus.get('SCANS', 5, codecs.Scan), undefined);
  assert.equal((await bus.get('SCANS', 6, codecs.Scan))?.message.sampleId, 's6');
});

test('what is readable is waited for, however long it takes', async (t) => {
  const { bus, nats } = await damagedStream(t, [10]);
  const stop = new AbortController();
  const seen: number[] = [];
  const following = (async () => {
    const options = { stream: 'SCANS', codec: codecs.Scan, signal: stop.signal } as const;
    for await (const { sequence, pending } of bus.follow(options)) seen.push(sequence, pending);
  })();
  await until(() => seen.length === 16, 'the readable ones');
  await nats.restart();
  await publishScan(bus, image(12), { sampleId: 's12' });
  await until(() => seen.includes(11), 'what came behind the damage', 30_000);
  stop.abort();
  await following;
  assert.equal(seen.filter((value) => value === 10).length, 0);
});
