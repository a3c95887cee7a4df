import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { codecs } from '#libs/contracts';
import { publishScan } from '../../helpers/scans.js';
import { until } from '../../helpers/until.js';
import {
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
} from './_archiver.js';

/** Everything without a label leaves at once. */
const LEAVE_AT_ONCE = { SULCUS_ARCHIVE_UNLABELLED_AGE: '1ms' };

const back = (scene: Scene, sampleId: string): Promise<void> =>
  until(async () => (await scansOf(scene.bus)).some((scan) => scan.sampleId === sampleId), 'the scan on SCANS again');

describe('a label for an archived sample', () => {
  test('from a clock that is ahead is corrected by the next one', async (t) => {
    const scene = await startScene(t, { scansBytes: 100_000 });
    await publishScans(scene.bus, 0, 20);
    const sampleId = idOf(imageOf(0));
    await label(scene.bus, { sampleId, label: 'left', labelledUnixMs: Date.now() + 3_600_000 });
    await delay(5);
    await label(scene.bus, { sampleId, label: 'right' });
    await settled(scene.bus);
    await scene.start();
    await untilArchived(scene, 1);
    assert.equal((await scene.archive.load(sampleId))?.label, 'right');
  });

  test('reaches the archive and brings the sample back, once', async (t) => {
    const scene = await startScene(t);
    const { bus, archive, index } = scene;
    const picture = { 'Sulcus-Perceptual-Hash': Buffer.alloc(256, 7).toString('base64') };
    const scanOf = { site: 'site-a', split: 'SPLIT_VALIDATION' } as const;
    const sent = await publishScan(bus, imageOf(0), scanOf, picture);
    await publishScans(bus, 1, 5, scanOf);
    await scene.start(LEAVE_AT_ONCE);
    await untilArchived(scene, 5);
    assert.deepEqual(await scansOf(bus), []);

    await label(bus, { sampleId: sent.sampleId, label: 'glioma', labelledUnixMs: 1000 });
    await back(scene, sent.sampleId);
    const [scan] = await scansOf(bus);
    assert.equal(scan!.label, 'glioma');
    assert.equal(scan!.lateLabel, true, 'nobody has learned from it');
    assert.equal(scan!.split, 'SPLIT_VALIDATION');
    assert.ok(scan!.sequence > 5, 'a new place on the stream');
    const { message } = (await bus.get('SCANS', scan!.sequence, codecs.Scan))!;
    assert.deepEqual(Buffer.from(message.image!.inline!), imageOf(0));
    assert.equal(message.site, 'site-a');
    const { headers } = (await bus.get('SCANS', scan!.sequence, codecs.Scan))!;
    assert.equal(headers.get('Sulcus-Perceptual-Hash'), picture['Sulcus-Perceptual-Hash']);
    await until(async () => (await archive.load(sent.sampleId))?.label === 'glioma', 'the label in the archive');
    await until(async () => (await index.get(sent.sampleId)) === undefined, 'no longer counted as archived');

    await label(bus, { sampleId: sent.sampleId, label: 'glioma', labelledUnixMs: 2000 });
    await label(bus, { sampleId: sent.sampleId, label: 'pituitary', labelledUnixMs: 500 });
    await untilState(scene, ({ restored }) => restored === 1, 'the count');
    await delay(300);
    assert.equal((await scansOf(bus)).length, 1);
    assert.equal((await index.state())?.restored, 1);
  });

  test('brings back an image that is too large for a message, beside its scan', async (t) => {
    const scene = await startScene(t, { scansBytes: 20_000_000 });
    const { bus } = scene;
    const large = imageOf(1, 9_000_000);
    const { sampleId } = await publishScan(bus, large);
    await scene.start(LEAVE_AT_ONCE);
    await untilArchived(scene, 1);
    await until(async () => (await bus.statsOf('BLOBS')).messages === 0, 'no blob');
    await label(bus, { sampleId, label: 'glioma' });
    await back(scene, sampleId);
    const [scan] = await scansOf(bus);
    const { message } = (await bus.get('SCANS', scan!.sequence, codecs.Scan))!;
    assert.deepEqual(await bus.fromPayload(message.image!), large);
  });

  test('of its study brings back every archived slice, but those with a label of their own', async (t) => {
    const scene = await startScene(t);
    const { bus, archive } = scene;
    const study = { studyId: 'local-study1' };
    const slices = await publishScans(bus, 0, 4, study);
    await publishScans(bus, 10, 13, { studyId: 'local-study2' });
    const stop = await scene.start(LEAVE_AT_ONCE);
    await untilArchived(scene, 7);
    await label(bus, { sampleId: slices[0]!.sampleId, label: 'notumor', labelledUnixMs: 10 });
    await back(scene, slices[0]!.sampleId);
    await label(bus, { studyId: 'local-study1', label: 'glioma', labelledUnixMs: 20 });
    for (const { sampleId } of slices) await back(scene, sampleId);
    assert.equal((await scansOf(bus)).length, 4);
    await until(async () => (await archive.load(slices[3]!.sampleId))?.label === 'glioma', 'the label in the archive');
    assert.equal((await archive.load(slices[0]!.sampleId))?.label, 'notumor');
    await stop();
  });

  test('that came while no archiver ran is carried by the next one, and only once', async (t) => {
    const scene = await startScene(t);
    const { bus, index } = scene;
    const sent = await publishScans(bus, 0, 3);
    const stop = await scene.start(LEAVE_AT_ONCE);
    await untilArchived(scene, 3);
    await stop();
    await label(bus, { sampleId: sent[1]!.sampleId, label: 'glioma' });
    const stopSecond = await scene.start();
    await back(scene, sent[1]!.sampleId);
    await until(async () => (await index.labelsThrough()) === 1, 'a note of it');
    await stopSecond();
    await scene.start();
    await delay(500);
    assert.equal((await index.state())?.restored, 1);
    assert.equal((await scansOf(bus)).length, 1);
  });

  test('survives kills at any moment: the scan is back once, under its label', async (t) => {
    const scene = await startScene(t);
    const { bus, archive } = scene;
    const sent = await publishScans(bus, 0, 12);
    const stop = await scene.start(LEAVE_AT_ONCE);
    await untilArchived(scene, 12);
    await stop();
    for (const { sampleId } of sent) await label(bus, { sampleId, label: 'glioma' });
    for (let restored = 0; restored < 12; ) {
      const child = scene.spawn();
      await until(async () => (await scansOf(bus)).length > restored, 'some of them back', 30_000);
      await end(child);
      restored = (await scansOf(bus)).length;
    }
    const last = scene.spawn();
    await until(async () => (await scene.index.labelsThrough()) === 12, 'all labels carried', 30_000);
    await end(last);
    const scans = await scansOf(bus);
    assert.deepEqual(scans.map(({ sampleId }) => sampleId).sort(), sent.map(({ sampleId }) => sampleId).sort());
    for (const scan of scans) assert.equal(scan.label, 'glioma');
    for (const { sampleId } of sent) assert.equal((await archive.load(sampleId))?.label, 'glioma');
  });

  test('that is known when the scan leaves is archived with it, and brings nothing back', async (t) => {
    const scene = await startScene(t);
    const { bus, archive } = scene;
    const sent = await publishScans(bus, 0, 350, { label: 'glioma' });
    await label(bus, { sampleId: sent[2]!.sampleId, label: 'meningioma' });
    await settled(bus);
    await scene.start({ SULCUS_ARCHIVE_LOW_WATERMARK: '0.5' });
    await untilArchived(scene, 60);
    assert.equal((await archive.load(sent[2]!.sampleId))?.label, 'meningioma');
    assert.equal((await archive.load(sent[1]!.sampleId))?.label, 'glioma');
    assert.equal((await scene.index.state())?.restored, 0);
  });

  test('whose object the archive has lost is a dead letter, and the image may be sent again', async (t) => {
    const scene = await startScene(t);
    const { bus, index, folder } = scene;
    const [lost, whole] = await publishScans(bus, 0, 2);
    await scene.start(LEAVE_AT_ONCE);
    await untilArchived(scene, 2);
    await rm(path.join(folder, 'samples', lost!.sampleId.slice(0, 2), `${lost!.sampleId}.pb`));
    await label(bus, { sampleId: lost!.sampleId, label: 'glioma' });
    await label(bus, { sampleId: whole!.sampleId, label: 'glioma' });
    await back(scene, whole!.sampleId);
    const state = await untilState(scene, (each) => each.lost === 1, 'the loss');
    assert.match(state.message, /1 samples are lost/);
    assert.equal(await index.get(lost!.sampleId), undefined);
    const dead = await bus.getLast('DEAD', 'dead.v1.archiver', codecs.DeadLetter);
    assert.equal(dead?.message.code, 'NOT_FOUND');
    assert.match(dead.message.cause, new RegExp(lost!.sampleId));
    const again = await publishScan(bus, imageOf(0));
    assert.equal(again.sampleId, idOf(imageOf(0)));
  });
});
