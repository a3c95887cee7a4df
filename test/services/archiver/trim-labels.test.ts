import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { bringBack } from '#libs/archive';
import { publishRetention, subjects, type Bus } from '#libs/bus';
import { codecs, type LabelEvent } from '#libs/contracts';
import { until } from '../../helpers/until.js';
import {
  idOf,
  imageOf,
  label,
  publishScans,
  scansOf,
  settled,
  startScene,
  untilArchived,
  type Scene,
} from './_archiver.js';

/** Some 100 labels. */
const LABELS_BYTES = 30_000;

/** Gives a label as who may wait does: until there is room. */
const labelWaiting = (bus: Bus, event: Partial<LabelEvent>): Promise<unknown> =>
  bus.publish(
    subjects.label('local'),
    codecs.LabelEvent,
    { labelledUnixMs: Date.now(), site: 'local', ...event },
    { whileFull: true, retryTimeoutMs: 30_000 },
  );

async function labelsOf(bus: Bus): Promise<LabelEvent[]> {
  const found: LabelEvent[] = [];
  const signal = AbortSignal.timeout(30_000);
  for await (const { message } of bus.follow({ stream: 'LABELS', codec: codecs.LabelEvent, signal, storedOnly: true }))
    if (message) found.push(message);
  return found;
}

const archivedAs = async ({ archive }: Scene, number: number): Promise<string | undefined> =>
  (await archive.load(idOf(imageOf(number))))?.label;

describe('LABELS has an end, and labels come without one', () => {
  test('what a later label replaced leaves; each sample keeps its newest, on SCANS and in the archive', async (t) => {
    const scene = await startScene(t, { scansBytes: 100_000, labelsBytes: LABELS_BYTES });
    const { bus } = scene;
    await publishScans(bus, 0, 20);
    await settled(bus);
    await scene.start();
    for (let round = 0; round < 20; round++)
      for (let number = 0; number < 20; number++)
        await labelWaiting(bus, { sampleId: idOf(imageOf(number)), label: `round-${round}` });
    assert.ok((await bus.statsOf('LABELS')).bytes <= LABELS_BYTES);
    assert.ok((await bus.statsOf('LABELS')).lastSequence >= 400, 'all 400 were accepted');
    const onScans = new Set((await scansOf(bus)).map(({ sampleId }) => sampleId));
    const given = await labelsOf(bus);
    for (let number = 0; number < 20; number++) {
      const sampleId = idOf(imageOf(number));
      if (onScans.has(sampleId))
        assert.equal(given.findLast((event) => event.sampleId === sampleId)?.label, 'round-19');
      else await until(async () => (await archivedAs(scene, number)) === 'round-19', 'its newest label');
    }
  });

  test('labels of archived samples leave too, and then the sample still goes before its study', async (t) => {
    const scene = await startScene(t, { labelsBytes: LABELS_BYTES });
    const { bus, archive, index } = scene;
    await publishScans(bus, 0, 70, { studyId: 'study-1' });
    for (let number = 0; number < 70; number++)
      await labelWaiting(bus, { sampleId: idOf(imageOf(number)), label: 'own' });
    await bus.ensureTopology({ maxBytes: { SCANS: 300_000 } });
    await settled(bus);
    await scene.start({ SULCUS_ARCHIVE_HIGH_WATERMARK: '0.02', SULCUS_ARCHIVE_LOW_WATERMARK: '0.01' });
    await untilArchived(scene, 65);
    await until(async () => (await labelsOf(bus)).length < 20, 'labels that the archive holds to leave', 30_000);
    const sampleId = idOf(imageOf(0));
    assert.equal((await labelsOf(bus)).filter((event) => event.sampleId === sampleId).length, 0);

    await label(bus, { studyId: 'study-1', label: 'of the study' });
    await until(async () => (await index.labelsThrough()) >= 71, 'the label of the study to be carried');
    assert.equal(await archivedAs(scene, 0), 'own');
    assert.ok(!(await scansOf(bus)).some((scan) => scan.sampleId === sampleId), 'it is not sent again');

    await bringBack(bus, index, (await archive.load(sampleId))!, { labelToo: true });
    const again = (await labelsOf(bus)).find((event) => event.sampleId === sampleId);
    assert.equal(again?.label, 'own', 'who restores it by hand gets its own label too');
  });

  test('a label stays that a run has not seen, or while a run in epochs lives', async (t) => {
    const scene = await startScene(t, { labelsBytes: LABELS_BYTES });
    const { bus } = scene;
    await publishScans(bus, 0, 1);
    const sampleId = idOf(imageOf(0));
    for (let number = 0; number < 80; number++) await label(bus, { sampleId, label: `label-${number}` });
    await publishRetention(bus, { run: 'main', settledThrough: 1, labelsThrough: 30, retained: [] });
    await scene.start({ SULCUS_ARCHIVE_LOW_WATERMARK: '0' });
    await until(async () => (await labelsOf(bus)).length === 50, 'the 30 that it has seen to leave', 30_000);

    await (await bus.keyValue('checkpoints')).put('owner.finite', Buffer.from('alive'));
    await publishRetention(bus, { run: 'main', settledThrough: 1, labelsThrough: 80, retained: [] });
    await delay(2500);
    assert.equal((await labelsOf(bus)).length, 50);
  });
});
