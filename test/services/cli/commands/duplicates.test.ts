import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import sharp from 'sharp';
import { connectBus, writeScanHeaders } from '#libs/bus';
import { encodeImage, PHANTOM_CLASSES, perceptualHash, renderPhantom } from '#libs/imaging';
import type { SharedPictures } from '../../../../services/cli/commands/duplicates/compare-sets.js';
import { main } from '../../../../services/cli/commands/duplicates/duplicates.js';
import { commandOutput } from '../../../helpers/command-output.js';
import { startNats } from '../../../helpers/nats.js';
import { publishScan } from '../../../helpers/scans.js';

const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-duplicates-'));
const [training, testing, clean] = ['training', 'testing', 'clean'].map((name) => path.join(folder, name)) as [
  string,
  string,
  string,
];

const phantom = (patient: number) =>
  renderPhantom({ class: PHANTOM_CLASSES[patient % PHANTOM_CLASSES.length]!, seed: 3, size: 128, patient });
const png = (patient: number): Promise<Buffer> => encodeImage(phantom(patient), 'png');
const savedAgain = (bytes: Uint8Array): Promise<Buffer> => sharp(bytes).resize(96, 96).jpeg({ quality: 60 }).toBuffer();

function put(set: string, name: string, bytes: Uint8Array): void {
  mkdirSync(path.join(set, 'any'), { recursive: true });
  writeFileSync(path.join(set, 'any', name), bytes);
}

before(async () => {
  for (let patient = 0; patient < 30; patient++) put(training, `${patient}.png`, await png(patient));
  put(testing, 'copied.png', await png(4));
  put(testing, 'saved.jpg', await savedAgain(await png(9)));
  put(testing, 'broken.png', (await png(1)).subarray(0, 500));
  for (let patient = 100; patient < 110; patient++)
    for (const set of [testing, clean]) put(set, `${patient}.png`, await png(patient));
});

after(() => rmSync(folder, { recursive: true }));
afterEach(() => (process.exitCode = 0));

const find = async (...words: string[]): Promise<SharedPictures> =>
  JSON.parse(await commandOutput(main, [...words, '--json'])) as SharedPictures;

test('pictures of one set that are in another are found, as the same file or saved anew', async () => {
  const { pictures, shared, pairs, refused } = await find(training, testing);
  assert.equal(process.exitCode, 1);
  assert.deepEqual(
    [pictures, shared],
    [
      { first: 30, second: 12 },
      { files: 1, pictures: 1 },
    ],
  );
  const sorted = pairs.map(({ first, second, same }) => [second, first, same]).sort();
  assert.deepEqual(sorted, [
    ['any/copied.png', 'any/4.png', 'file'],
    ['any/saved.jpg', 'any/9.png', 'picture'],
  ]);
  assert.deepEqual(
    refused.map(({ name, code }) => [name, code]),
    [['any/broken.png', 'IMAGE_TRUNCATED']],
  );
});

test('sets that share nothing end with exit code 0, a set that cannot be read with 2', async () => {
  assert.deepEqual((await find(training, clean)).shared, { files: 0, pictures: 0 });
  assert.equal(process.exitCode, 0);
  await commandOutput(main, [training, path.join(folder, 'nowhere')]);
  assert.equal(process.exitCode, 2);
});

test('of one set, what it holds twice is found', async () => {
  const twice = path.join(folder, 'twice');
  for (const name of ['a.png', 'b.png']) put(twice, name, await png(7));
  put(twice, 'c.jpg', await savedAgain(await png(7)));
  const { pictures, shared } = await find(twice);
  assert.deepEqual([pictures, shared], [{ first: 3 }, { files: 1, pictures: 1 }]);
});

test('a set may be a split of what lies on the broker', async () => {
  const nats = await startNats();
  await using bus = await connectBus({ servers: nats.url, name: 'test' });
  try {
    await bus.ensureTopology();
    for (const [patient, split] of [
      [4, 'SPLIT_TRAIN'],
      [9, 'SPLIT_TEST'],
    ] as const) {
      const image = await png(patient);
      const sampleId = createHash('sha256').update(image).digest('hex');
      const headers = writeScanHeaders({ sampleId, split, perceptualHash: perceptualHash(phantom(patient)) });
      await publishScan(bus, image, { split }, headers);
    }
    const found = await find('scans:train', testing, '--nats', nats.url);
    assert.deepEqual([found.pictures.first, found.shared], [1, { files: 1, pictures: 0 }]);
    assert.deepEqual((await find('scans', testing, '--nats', nats.url)).shared, { files: 1, pictures: 1 });
  } finally {
    await nats.stop();
  }
});
