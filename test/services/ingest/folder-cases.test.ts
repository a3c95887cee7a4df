import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdir, open, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import sharp from 'sharp';
import { importPath, listData } from '#services/ingest';
import { isCode } from '../../helpers/errors.js';
import { noiseImage } from '../../helpers/images.js';
import { until } from '../../helpers/until.js';
import {
  createIngestor,
  harnessLog,
  readDeadLetters,
  readScans,
  sleep,
  startHarness,
  startService,
  temporaryFolder,
} from './_ingest.js';

/** Creates images of a folder by their paths. */
async function writeImages(folder: string, files: readonly string[]): Promise<string> {
  for (const [index, file] of files.entries()) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), await noiseImage(index + 1, { format: 'png' }));
  }
  return folder;
}

const listed = async (folder: string): Promise<string[]> =>
  (await listData(folder)).map(({ label, source }) => `${label ?? ''}:${source}`);

/** What an import warns of. */
async function warningsOf(t: TestContext, files: readonly string[]): Promise<string> {
  const folder = await writeImages(await temporaryFolder(t), files);
  const warnings: string[] = [];
  await importPath(createIngestor(t, await startHarness(t)), folder, { onWarning: (line) => warnings.push(line) });
  return warnings.join('\n');
}

test('links come after everything else: an image has the class that it lies under, and is listed once', async (t) => {
  const folder = await writeImages(await temporaryFolder(t), ['b/direct.png', 'c/other.png']);
  await mkdir(path.join(folder, 'a'));
  await symlink('..', path.join(folder, 'a', 'up'));
  await symlink('../b', path.join(folder, 'a', 'sibling'));
  await symlink('../c/other.png', path.join(folder, 'a', 'copy.png'));
  await symlink('nowhere.png', path.join(folder, 'a', 'broken.png'));
  assert.deepEqual(await listed(folder), ['a:a/broken.png', 'b:b/direct.png', 'c:c/other.png']);
});

test('pipes, sockets, devices, huge files and what lies outside are refused by name, links or not', async (t) => {
  const folder = await writeImages(await temporaryFolder(t), ['a/image.png']);
  const outside = await writeImages(await temporaryFolder(t), ['other.png']);
  const place = (name: string): string => path.join(folder, 'a', name);
  execFileSync('mkfifo', [place('pipe.png')]);
  const listener = createServer().listen(place('socket.png'));
  t.after(() => listener.close());
  const sparse = await open(place('sparse.png'), 'w');
  await sparse.truncate(2 ** 40);
  await sparse.close();
  await symlink('/dev/zero', place('to-zero.png'));
  await symlink('/proc/self/environ', place('to-environ.png'));
  await symlink(path.join(outside, 'other.png'), place('to-outside.png'));
  await symlink(outside, path.join(folder, 'b'));
  await symlink('in-circle.png', place('in-circle.png'));
  const causes = new Map<string, string>();
  await importPath(createIngestor(t, await startHarness(t)), folder, {
    onOutcome: (outcome) =>
      causes.set(outcome.file, outcome.kind === 'rejected' ? outcome.error.rawMessage : outcome.kind),
  });
  assert.deepEqual(Object.fromEntries(causes), {
    'a/image.png': 'ingested',
    'a/in-circle.png': 'Its links lead in a circle',
    'a/pipe.png': 'It is no regular file',
    'a/socket.png': 'It is no regular file',
    'a/sparse.png': `The file has ${2 ** 40} bytes, the limit is ${64 * 2 ** 20}; it is not kept`,
    'a/to-environ.png': 'It is a file of the system itself, and is not read',
    'a/to-outside.png':
      'It lies outside the folder that was named, and is not read: copy it there, or set SULCUS_READ_OUTSIDE=true',
    'a/to-zero.png': 'It is a file of the system itself, and is not read',
    b: 'It lies outside the folder that was named, and is not read: copy it there, or set SULCUS_READ_OUTSIDE=true',
  });
});

for (const [what, lead, code] of [
  ['a pipe', (file: string) => void execFileSync('mkfifo', [file]), 'FILE_UNREADABLE'],
  ['a device', (file: string) => symlink('/dev/zero', file), 'PERMISSION_DENIED'],
  ['a file outside', (file: string) => symlink(import.meta.filename, file), 'PERMISSION_DENIED'],
] as const)
  test(`${what} that calls itself a manifest is refused, and nothing of it is read`, async (t) => {
    const folder = await writeImages(await temporaryFolder(t), ['img/1.png']);
    await lead(path.join(folder, 'train.csv'));
    await writeFile(path.join(folder, 'test.csv'), 'path,label\nimg/1.png,a\n');
    await assert.rejects(listData(folder), isCode(code, /The manifest .*train\.csv cannot be read: It /));
  });

test('what systems and programs leave behind is no part of the data', async (t) => {
  const folder = await writeImages(await temporaryFolder(t), [
    'glioma/1.png',
    '@eaDir/1.png',
    'glioma/@eaDir/1.png',
    '$RECYCLE.BIN/1.png',
    'lost+found/1.png',
    'System Volume Information/1.png',
    '#recycle/1.png',
    'glioma/2.png.filepart',
    'glioma/3.png.!ut',
    'glioma/4.png.bak',
    'glioma/~$5.png',
    'glioma/6.png.tmp1234',
    'glioma/#7.png#',
    'glioma/8.png~',
    'glioma/9.png.crdownload',
    'glioma/not-tmp.png',
  ]);
  assert.deepEqual(await listed(folder), ['glioma:glioma/1.png', 'glioma:glioma/not-tmp.png']);
});

test('a layout that is probably meant otherwise is warned of', async (t) => {
  assert.match(await warningsOf(t, ['Test/1.png', 'control/2.png']), /"Test" are read as parts .* beside .* "control"/);
  assert.match(
    await warningsOf(t, ['train/a/1.png', 'train/b/2.png', 'test/3.png']),
    /1 images lie in it without a class/,
  );
  assert.match(await warningsOf(t, ['data/Training/a/1.png', 'data/Testing/b/2.png']), /"data" is taken as a class/);
  assert.match(await warningsOf(t, ['Glioma/1.png', 'glioma/2.png']), /"Glioma", "glioma" are different classes/);
  assert.equal(await warningsOf(t, ['train/a/1.png', 'train/b/2.png', 'test/a/3.png']), '');
});

test('a watched folder whose links lead in circles stores each image once, under its own class', async (t) => {
  const folder = await writeImages(await temporaryFolder(t), ['a/1.png']);
  await symlink('..', path.join(folder, 'a', 'up'));
  const harness = await startHarness(t, { SULCUS_WATCH_DIR: folder });
  await startService(t, harness);
  const stored = async () =>
    (await readScans(harness.bus)).map(({ message: { label, source } }) => `${label}:${source}`);
  await until(async () => (await stored()).length === 1, 'the first');
  await mkdir(path.join(folder, 'b'));
  await writeFile(path.join(folder, 'b', 'direct.png'), await noiseImage(9, { format: 'png' }));
  await until(async () => (await stored()).length === 2, 'the second');
  await sleep(1000);
  assert.deepEqual((await stored()).sort(), ['a:a/1.png', 'b:b/direct.png']);
  assert.equal((await readDeadLetters(harness.bus)).length, 0);
});

test('what a watched folder refused is remembered over a restart, until somebody writes to it', async (t) => {
  const folder = await writeImages(await temporaryFolder(t), ['a/1.png']);
  const bad = path.join(folder, 'a', 'bad.png');
  await writeFile(bad, 'no image');
  execFileSync('mkfifo', [path.join(folder, 'a', 'pipe.png')]);
  const harness = await startHarness(t, { SULCUS_WATCH_DIR: folder });
  const { service } = await startService(t, harness);
  const deadLetters = async () => (await readDeadLetters(harness.bus)).length;
  await until(async () => (await deadLetters()) >= 1 && (await readScans(harness.bus)).length === 1, 'both are met');
  await sleep(500);
  const before = await deadLetters();
  await service.stop();
  await startService(t, harness);
  await sleep(2000);
  assert.equal(await deadLetters(), before);
  await writeFile(bad, await noiseImage(5, { format: 'png' }));
  await until(async () => (await readScans(harness.bus)).length === 2, 'the mended file');
});

for (const [part, endsBefore] of Object.entries({ end: 0, middle: 8000 }))
  test(`a file whose full size is reserved is taken when its ${part} is there`, async (t) => {
    const folder = await temporaryFolder(t);
    await mkdir(path.join(folder, 'a'));
    const harness = await startHarness(t, { SULCUS_WATCH_DIR: folder });
    await startService(t, harness);
    const whole = await sharp(await noiseImage(3, { format: 'png', width: 128, height: 128 }))
      .tiff({ compression: 'none' })
      .toBuffer();
    // The directory first, so that a reader finds all but the last pixels.
    const file = path.join(folder, 'a', 'reserved.tif');
    const to = whole.length - endsBefore;
    await writeFile(file, Buffer.from(whole).fill(0, to - 6000, to));
    await sleep(2000);
    assert.equal((await readScans(harness.bus)).length + (await readDeadLetters(harness.bus)).length, 0);
    const handle = await open(file, 'r+');
    await handle.write(whole, to - 6000, 6000, to - 6000);
    await handle.close();
    await until(async () => (await readScans(harness.bus)).length === 1, 'the whole file');
  });

test('a folder that the system does not watch is looked through, and said to be ready only then', async (t) => {
  const folder = await writeImages(await temporaryFolder(t), ['a/1.png']);
  const harness = await startHarness(t);
  const { ingestor, maxFileBytes } = createIngestor(t, harness);
  const { watchFolder } = await import('../../../services/ingest/sources/folder/watch-folder.js');
  const stop = new AbortController();
  const seen: string[] = [];
  const watching = watchFolder({
    folder,
    ingestor,
    maxFileBytes,
    dataDir: harness.config.dataDir,
    log: harnessLog(harness),
    signal: stop.signal,
    settleMs: 100,
    pollMs: 200,
    watches: (_, { onTrouble }) => {
      onTrouble(Object.assign(new Error('no space for watches'), { code: 'ENOSPC' }));
      return { close: async () => undefined };
    },
    onWatching: (by) => seen.push(by),
  });
  await until(async () => (await readScans(harness.bus)).length === 1, 'what was there');
  await writeFile(path.join(folder, 'a', '2.png'), await noiseImage(2, { format: 'png' }));
  await utimes(path.join(folder, 'a', '2.png'), new Date(), new Date(Date.now() - 10_000));
  await until(async () => (await readScans(harness.bus)).length === 2, 'what arrived');
  stop.abort();
  await watching;
  assert.deepEqual(seen, ['polling']);
  assert.ok(harness.logged.some(({ msg }) => msg.includes('max_user_watches')));
});

test('what arrives while the system begins to watch, and no event tells of, is taken in soon', async (t) => {
  const folder = await temporaryFolder(t);
  const harness = await startHarness(t);
  const { ingestor, maxFileBytes } = createIngestor(t, harness);
  const { watchFolder } = await import('../../../services/ingest/sources/folder/watch-folder.js');
  const stop = new AbortController();
  let tellReady: () => void = () => undefined;
  const watching = watchFolder({
    ...{ folder, ingestor, maxFileBytes, dataDir: harness.config.dataDir, log: harnessLog(harness) },
    signal: stop.signal,
    settleMs: 200,
    watches: (_, { onReady }) => {
      tellReady = onReady;
      return { close: async () => undefined };
    },
  });
  await writeImages(folder, ['a/1.png']);
  tellReady();
  await until(async () => (await readScans(harness.bus)).length === 1, 'what no event told of', 10_000);
  stop.abort();
  await watching;
});
