import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { encodeImage, perceptualDistance, perceptualHash, PHANTOM_CLASSES, renderPhantom } from '#libs/imaging';
import { createIngestor, startHarness } from './_ingest.js';

const COUNT = 40;

const phantom = (patient: number) =>
  renderPhantom({ class: PHANTOM_CLASSES[patient % PHANTOM_CLASSES.length]!, seed: 1, size: 128, patient });

const pngs = await Promise.all(Array.from({ length: COUNT }, (_, patient) => encodeImage(phantom(patient), 'png')));

/** The same pictures as somebody else saved them. */
const savedAgain = (png: Uint8Array): Promise<Buffer> => sharp(png).resize(96, 96).jpeg({ quality: 60 }).toBuffer();

test('the same picture in another encoding and size goes to the split of the first one', async (t) => {
  const harness = await startHarness(t);
  const { ingestor, events } = createIngestor(t, harness);
  const first = new Map<number, string>();
  for (const [index, bytes] of pngs.entries()) {
    const outcome = await ingestor.ingestImage({ bytes, source: `${index}.png`, label: 'any' });
    assert.equal(outcome.kind, 'ingested');
    if (outcome.kind === 'ingested') first.set(index, outcome.split);
  }
  assert.ok(new Set(first.values()).size > 1, 'the images are on several sides');
  assert.deepEqual([events.counts.nearDuplicates, events.counts.leaks], [0, 0]);

  // Another process, which knows the first images from the stream alone.
  const later = createIngestor(t, harness, 'later');
  let moved = 0;
  for (const [index, png] of pngs.entries()) {
    const outcome = await later.ingestor.ingestImage({
      bytes: await savedAgain(png),
      source: `Testing/${index}.jpg`,
      label: 'any',
      splits: ['SPLIT_TEST'],
    });
    assert.equal(outcome.kind === 'ingested' && outcome.split, first.get(index), `image ${index}`);
    if (first.get(index) !== 'SPLIT_TEST') moved++;
  }
  assert.deepEqual([later.events.counts.nearDuplicates, later.events.counts.leaks], [moved, 0]);
});

test('where the patient decides the split, the same picture on another side is counted and said', async (t) => {
  const harness = await startHarness(t, { SULCUS_SPLIT_SHARES: '25/25/25/25' });
  const { ingestor, events } = createIngestor(t, harness);
  for (const [index, bytes] of pngs.entries())
    await ingestor.ingestImage({ bytes, source: `${index}.png`, label: 'any', patientId: `patient ${index}` });
  let apart = 0;
  for (const [index, png] of pngs.entries()) {
    const bytes = await savedAgain(png);
    const patientId = `another ${index}`;
    const outcome = await ingestor.ingestImage({ bytes, source: `${index}.jpg`, label: 'any', patientId });
    if (outcome.kind === 'ingested' && outcome.sameAs) {
      assert.equal(outcome.sameAs.isMoved, false);
      apart++;
    }
  }
  assert.ok(apart > 0);
  assert.deepEqual([events.counts.nearDuplicates, events.counts.leaks], [0, apart]);
});

test('pictures of different patients are farther apart than the same picture saved again', async () => {
  const hashes = Array.from({ length: COUNT }, (_, patient) => perceptualHash(phantom(patient)));
  const nearest = hashes.map((hash, index) =>
    Math.min(...hashes.flatMap((other, at) => (at === index ? [] : [perceptualDistance(hash, other)]))),
  );
  const again = await Promise.all(
    pngs.map(async (png, index) => {
      const { data, info } = await sharp(await savedAgain(png))
        .greyscale()
        .raw()
        .toBuffer({ resolveWithObject: true });
      const image = { width: info.width, height: info.height, channels: 1 as const, data: new Uint8Array(data) };
      return perceptualDistance(hashes[index]!, perceptualHash(image));
    }),
  );
  assert.ok(Math.max(...again) < 6 && Math.min(...nearest) > 12, `${Math.max(...again)} and ${Math.min(...nearest)}`);
});
