import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import { publishRetention, subjects, writeScanHeaders, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { CheckpointStore } from '#libs/registry';
import { publishScan } from '../helpers/scans.js';
import { until } from '../helpers/until.js';
import {
  archivedIds,
  end,
  idOf,
  imageOf,
  label,
  publishScans,
  scansOf,
  settled,
  startScene,
  untilArchived,
  untilState,
  type Scene,
} from '../services/archiver/_archiver.js';

const KILLS = 5;

/** Sends an image as ingest does: waits while the stream is full. */
async function send(bus: Bus, image: Buffer): Promise<{ sampleId: string; waits: number }> {
  const sampleId = idOf(image);
  const scan = { sampleId, site: 'local', split: 'SPLIT_TRAIN' as const, label: 'glioma' };
  let waits = 0;
  await bus.publish(
    subjects.scan('local', sampleId),
    codecs.Scan,
    { ...scan, image: { inline: image } },
    {
      firstOnSubject: true,
      headers: writeScanHeaders(scan),
      whileFull: true,
      retryTimeoutMs: 60_000,
      onRetry: () => waits++,
    },
  );
  return { sampleId, waits };
}

/** Largest size of SCANS until it is stopped. */
function watchSize(bus: Bus): { stop: () => Promise<number> } {
  let [largest, running] = [0, true];
  const watching = (async () => {
    for (; running; await delay(25)) largest = Math.max(largest, (await bus.statsOf('SCANS')).bytes);
  })();
  return {
    stop: async () => {
      running = false;
      await watching;
      return largest;
    },
  };
}

/** Everything sent is on SCANS or in the archive, hash by hash. */
async function assertComplete({ bus, archive }: Scene, sent: readonly string[]): Promise<void> {
  // In this order: what leaves in between is in the archive.
  const stored = new Set((await scansOf(bus)).map(({ sampleId }) => sampleId));
  const archived = new Set(await archivedIds(archive));
  assert.deepEqual(
    sent.filter((sampleId) => !archived.has(sampleId) && !stored.has(sampleId)),
    [],
  );
  assert.equal(new Set([...archived, ...stored]).size, sent.length);
}

describe('SCANS with a run that settles what comes', () => {
  test('takes six times its limit, is never above it, refuses nobody, and the archive is complete', async (t) => {
    const scene = await startScene(t);
    const { bus } = scene;
    await settled(bus);
    await scene.start();
    const size = watchSize(bus);
    const limit = pLimit(16);
    const sent = await Promise.all(
      Array.from({ length: 3000 }, (_, number) => limit(() => send(bus, imageOf(number)))),
    );
    assert.ok((await size.stop()) <= 2_000_000);
    await until(async () => (await bus.statsOf('SCANS')).bytes <= 0.7 * 2_000_000, 'room');
    await assertComplete(
      scene,
      sent.map(({ sampleId }) => sampleId),
    );
    const state = await untilState(scene, ({ archived }) => archived > 2500, 'the counts');
    assert.equal(state.state, 'ready');
    assert.equal(state.scansMaxBytes, 2_000_000);
    assert.equal(state.archived, (await archivedIds(scene.archive)).length);
  });

  test('loses nothing when the archiver is killed again and again while it works', async (t) => {
    const scene = await startScene(t);
    const { bus } = scene;
    await settled(bus);
    const sent: string[] = [];
    let [kills, next] = [0, 0];
    const sendOn = async (): Promise<void> => {
      while (kills < KILLS) sent.push((await send(bus, imageOf(next++))).sampleId);
    };
    const sending = Promise.all(Array.from({ length: 8 }, sendOn));
    for (; kills < KILLS; kills++) {
      const child = scene.spawn();
      const archivedBefore = (await archivedIds(scene.archive)).length;
      const works = async (): Promise<boolean> => (await archivedIds(scene.archive)).length > archivedBefore;
      await until(works, 'some work', 30_000);
      // In the middle of a batch: objects are written, messages not deleted yet.
      await end(child);
    }
    const last = scene.spawn();
    await sending;
    await until(async () => (await bus.statsOf('SCANS')).bytes <= 0.7 * 2_000_000, 'room', 30_000);
    await assertComplete(scene, sent);
    last.kill('SIGTERM');
    const [code] = (await once(last, 'exit')) as [number | null];
    assert.equal(code, 0, last.log());
  });

  test('loses nothing when the broker is killed while scans leave', async (t) => {
    const scene = await startScene(t);
    const { bus, nats } = scene;
    await settled(bus);
    const sent = await publishScans(bus, 0, 400, { label: 'glioma' });
    await scene.start({ SULCUS_ARCHIVE_LOW_WATERMARK: '0.1' });
    await until(async () => (await archivedIds(scene.archive)).length > 20, 'some work');
    await nats.restart();
    await until(async () => (await bus.statsOf('SCANS')).bytes <= 0.1 * 2_000_000 + 300_000, 'room', 60_000);
    await assertComplete(
      scene,
      sent.map(({ sampleId }) => sampleId),
    );
  });

  test('keeps what the run retains, wherever it lies', async (t) => {
    const scene = await startScene(t);
    const { bus } = scene;
    const first = await publishScans(bus, 0, 350, { label: 'glioma' });
    const retained = first.filter((_, number) => number % 7 === 0);
    await settled(
      bus,
      retained.map(({ sequence }) => sequence),
    );
    await scene.start({ SULCUS_ARCHIVE_LOW_WATERMARK: '0.2' });
    await untilArchived(scene, 200);
    await until(async () => (await bus.statsOf('SCANS')).bytes <= 0.2 * 2_000_000 + 5000, 'room');
    const stored = new Set((await scansOf(bus)).map(({ sequence }) => sequence));
    for (const { sequence } of retained) assert.ok(stored.has(sequence), `scan ${sequence}`);
  });
});

describe('what may not leave', () => {
  test('are labelled scans while a run in epochs lives; it is said which run needs how many', async (t) => {
    const scene = await startScene(t);
    const { bus } = scene;
    await new CheckpointStore(bus).save('seeds', { manifest: {}, parts: {} });
    const labelled = await publishScans(bus, 0, 330, { label: 'glioma' });
    await publishScans(bus, 330, 400);
    await scene.start();
    const state = await untilState(scene, (each) => each.state === 'waiting' && each.archived === 70, 'a full stream');
    assert.match(state.message, /330 scans are needed by run "seeds", which learns in epochs or has just begun/);
    const stored = (await scansOf(bus)).map(({ sampleId }) => sampleId);
    assert.deepEqual(
      stored,
      labelled.map(({ sampleId }) => sampleId),
    );
  });

  test('leaves when the run is abandoned, which is logged once', async (t) => {
    const scene = await startScene(t);
    const { bus } = scene;
    await new CheckpointStore(bus).save('seeds', { manifest: {}, parts: {} });
    await publishScans(bus, 0, 350, { label: 'glioma' });
    await delay(1100);
    const child = scene.spawn({ SULCUS_ARCHIVE_RUN_AGE: '1s' });
    await untilArchived(scene, 30);
    assert.equal(child.log().match(/a run has given no sign of life/g)?.length, 1, child.log());
    await end(child);
  });

  test('is a scan whose label the run has not seen yet, though everything before it is settled', async (t) => {
    const scene = await startScene(t);
    const { bus } = scene;
    const sent = await publishScans(bus, 0, 350, { label: 'glioma' });
    const { sequence } = await label(bus, { sampleId: sent[3]!.sampleId, label: 'meningioma' });
    await settled(bus, [], sequence - 1);
    await scene.start({ SULCUS_ARCHIVE_LOW_WATERMARK: '0.1' });
    await untilArchived(scene, 300);
    assert.ok((await scansOf(bus)).some(({ sampleId }) => sampleId === sent[3]!.sampleId));
    await settled(bus, [], sequence);
    await delay(600); // what runs need is read twice a second
    await publishScans(bus, 1000, 1400, { label: 'glioma' });
    await until(async () => (await scene.archive.load(sent[3]!.sampleId)) !== undefined, 'the scan in the archive');
    assert.equal((await scene.archive.load(sent[3]!.sampleId))?.label, 'meningioma');
  });
});

describe('unlabelled scans', () => {
  test('that a run retains stay while there is room otherwise, and make room when there is none', async (t) => {
    const scene = await startScene(t);
    const { bus } = scene;
    const wished = await publishScans(bus, 0, 100);
    const labelled = await publishScans(bus, 100, 350, { label: 'glioma' });
    const sequences = (scans: readonly { sequence: number }[]): number[] => scans.map(({ sequence }) => sequence);
    await settled(bus, sequences(wished));
    await scene.start();
    await untilArchived(scene, 50);
    const stored = new Set(sequences(await scansOf(bus)));
    assert.deepEqual(
      wished.filter(({ sequence }) => !stored.has(sequence)),
      [],
    );
    const retained = sequences([...wished, ...labelled]);
    await publishRetention(bus, { run: 'main', settledThrough: 350, labelsThrough: 0, retained });
    await delay(600); // what runs need is read twice a second
    await publishScans(bus, 1000, 1100, { label: 'glioma' });
    await until(async () => (await scene.archive.load(wished[0]!.sampleId)) !== undefined, 'a wish that yields');
    const left = new Set((await scansOf(bus)).map(({ sampleId }) => sampleId));
    for (const { sampleId } of labelled)
      if (!(await scene.archive.load(sampleId))) assert.ok(left.has(sampleId), 'what has a label stays');
  });

  test('are archived at a certain age, however much room there is', async (t) => {
    const scene = await startScene(t);
    const { bus } = scene;
    const sent = await publishScans(bus, 0, 20);
    const labelled = await publishScans(bus, 20, 30, { label: 'glioma' });
    await delay(300);
    await scene.start({ SULCUS_ARCHIVE_UNLABELLED_AGE: '250ms' });
    await untilArchived(scene, 20);
    assert.deepEqual(await archivedIds(scene.archive), sent.map(({ sampleId }) => sampleId).sort());
    assert.deepEqual(
      (await scansOf(bus)).map(({ sampleId }) => sampleId),
      labelled.map(({ sampleId }) => sampleId),
    );
  });
});

describe('an archive that is away', () => {
  test('is said and waited for; nothing leaves meanwhile, and all of it does afterwards', async (t) => {
    const scene = await startScene(t);
    const { bus, folder } = scene;
    await settled(bus);
    await mkdir(path.dirname(folder), { recursive: true });
    await writeFile(folder, 'a file where the folder should be');
    await publishScans(bus, 0, 400, { label: 'glioma' });
    await scene.start();
    const state = await untilState(scene, (each) => each.state === 'unavailable', 'an archive that is away');
    assert.match(state.message, /could not (store|read)/);
    assert.equal((await bus.statsOf('SCANS')).messages, 400);
    await rm(folder);
    await untilState(scene, (each) => each.state === 'ready' && each.archived > 60, 'the archive again');
    await assertComplete(
      scene,
      Array.from({ length: 400 }, (_, number) => idOf(imageOf(number))),
    );
  });
});

describe('an image beside its scan', () => {
  test('goes with it: the archive has the bytes, then BLOBS is free of them', async (t) => {
    const scene = await startScene(t);
    const { bus, archive } = scene;
    await settled(bus);
    const large = imageOf(1, 9_000_000);
    const { sampleId } = await publishScan(bus, large, { label: 'glioma' });
    const before = (await bus.statsOf('BLOBS')).messages;
    assert.ok(before > 0, 'the image is too large for a message');
    await publishScans(bus, 10, 370, { label: 'glioma' });
    await scene.start();
    await untilArchived(scene, 40);
    assert.deepEqual(Buffer.from((await archive.load(sampleId))!.scan.image!.inline!), large);
    await until(async () => (await bus.statsOf('BLOBS')).messages === 0, 'no blob');
  });

  test('stays while another scan is of the same image', async (t) => {
    const scene = await startScene(t);
    const { bus } = scene;
    const large = imageOf(1, 9_000_000);
    const first = await publishScan(bus, large, { label: 'glioma' });
    const other = await publishScan(bus, large, { label: 'glioma', site: 'elsewhere' });
    await settled(bus, [other.sequence]);
    await publishScans(bus, 10, 370, { label: 'glioma' });
    await scene.start();
    await until(async () => !(await scansOf(bus)).some(({ sequence }) => sequence === first.sequence), 'one of two');
    const scan = (await bus.get('SCANS', other.sequence, codecs.Scan))!.message;
    assert.deepEqual(await bus.fromPayload(scan.image!), large);
  });
});
