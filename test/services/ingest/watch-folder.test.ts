import assert from 'node:assert/strict';
import { appendFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { noiseImage } from '../../helpers/images.js';
import { until } from '../../helpers/until.js';
import { isCode } from '../../helpers/errors.js';
import {
  readDeadLetters,
  readEvents,
  readScans,
  sleep,
  startHarness,
  startService,
  temporaryFolder,
} from './_ingest.js';

test('a watched folder takes in what lies there and what arrives; files stay; a restart adds nothing', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(path.join(folder, 'glioma'));
  await writeFile(path.join(folder, 'glioma', 'before.jpg'), await noiseImage(1));
  const harness = await startHarness(t, { SULCUS_WATCH_DIR: folder });
  const { service } = await startService(t, harness);
  const sources = async () =>
    (await readScans(harness.bus)).map(({ message }) => `${message.label}:${message.source}`).sort();
  await until(async () => (await sources()).length === 1, 'the file that was there');

  await mkdir(path.join(folder, 'Testing', 'notumor'), { recursive: true });
  await writeFile(path.join(folder, 'Testing', 'notumor', 'after.jpg'), await noiseImage(2));
  await writeFile(path.join(folder, 'glioma', 'broken.jpg'), 'no image');
  await writeFile(path.join(folder, 'glioma', '.incoming.jpg'), await noiseImage(3));
  await writeFile(path.join(folder, 'glioma', 'upload.jpg.part'), 'half');
  await until(
    async () => (await sources()).length === 2 && (await readDeadLetters(harness.bus)).length === 1,
    'the file that arrived and the broken one',
  );
  assert.deepEqual(await sources(), ['glioma:glioma/before.jpg', 'notumor:Testing/notumor/after.jpg']);
  assert.equal(
    (await readScans(harness.bus)).find(({ message }) => message.source.startsWith('Testing'))?.message.split,
    'SPLIT_TEST',
  );
  assert.equal((await readdir(path.join(folder, 'glioma'))).length, 4);

  await service.stop();
  await startService(t, harness);
  await until(
    async () => (await readEvents(harness.bus)).some(({ ingest }) => ingest?.duplicates === 2),
    'both recognised after the restart',
  );
  assert.equal((await sources()).length, 2);
});

test('a file is taken in when it is complete, not while it is written', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(path.join(folder, 'glioma'));
  const harness = await startHarness(t, { SULCUS_WATCH_DIR: folder });
  await startService(t, harness);
  await sleep(300);
  const image = await noiseImage(5, { width: 200, height: 200 });
  const file = path.join(folder, 'glioma', 'slow.jpg');
  const part = Math.ceil(image.length / 8);
  for (let offset = 0; offset < image.length; offset += part) {
    await appendFile(file, image.subarray(offset, offset + part));
    await sleep(150);
  }
  await until(async () => (await readScans(harness.bus)).length === 1, 'the whole file');
  assert.equal((await readDeadLetters(harness.bus)).length, 0);
});

test('a watched folder that does not exist is a configuration error', async (t) => {
  const harness = await startHarness(t, { SULCUS_WATCH_DIR: '/nowhere/at/all' });
  await assert.rejects(startService(t, harness), isCode('INVALID_CONFIG', /SULCUS_WATCH_DIR/));
});
