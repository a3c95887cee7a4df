import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { openObjectStore } from '#libs/archive';
import { listData } from '#services/ingest';
import { openData } from '../../../services/cli/shared/open-data.js';
import { isCode } from '../../helpers/errors.js';
import { freePort } from '../../helpers/nats.js';

const S3_SERVER = path.resolve('.sulcus/peers/node_modules/s3rver/bin/s3rver.js');
const skip = existsSync(S3_SERVER) ? false : 'no S3 server here: npm run setup:peers brings one';

async function startBucket(t: TestContext) {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-bucket-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  process.env['AWS_ACCESS_KEY_ID'] = 'S3RVER';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'S3RVER';
  const args = ['-a', '127.0.0.1', '-p', String(port), '-d', path.join(folder, 's3'), '--configure-bucket', 'imaging'];
  const server = spawn(process.execPath, [S3_SERVER, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => server.kill('SIGKILL'));
  await once(server.stdout, 'data');
  const endpoint = `http://127.0.0.1:${port}`;
  const store = await openObjectStore('s3://imaging', endpoint);
  t.after(() => store.close());
  const put = (key: string, text: string): Promise<void> => store.put(key, Buffer.from(text));
  const open = (data: string): Promise<string> =>
    openData(data, { folder: path.join(folder, 'copies'), environment: { SULCUS_DATA_ENDPOINT: endpoint } });
  return { put, open };
}

describe('data in a bucket', { skip }, () => {
  test('with a manifest for each part are read by these, images beside them', async (t) => {
    const { put, open } = await startBucket(t);
    await put('dog_cat_images/training_meta.csv', 'path,label\ntrain/a.jpg,cat\ntrain/b.jpg,dog\n');
    await put('dog_cat_images/val_meta.csv', 'path,label\ntrain/c.jpg,cat\n');
    await put('dog_cat_images/test_meta.csv', 'path,label\ntest/d.jpg,dog\n');
    for (const name of ['train/a', 'train/b', 'train/c', 'test/d']) await put(`dog_cat_images/${name}.jpg`, name);
    await put('others/e.jpg', 'e');
    const items = await listData(await open('s3://imaging/dog_cat_images/'));
    assert.deepEqual(items.map(({ source, label, splits }) => [path.basename(source), label, splits?.length]).sort(), [
      ['a.jpg', 'cat', 3],
      ['b.jpg', 'dog', 3],
      ['c.jpg', 'cat', 1],
      ['d.jpg', 'dog', 1],
    ]);
    const first = items.find(({ source }) => source.endsWith('a.jpg'));
    assert.equal(await readFile(first!.file, 'utf8'), 'train/a');
  });

  test('with manifests beside the one folder of all images are read by these too', async (t) => {
    const { put, open } = await startBucket(t);
    await put('training_meta.csv', 'path,label\ndog_cat_images/train/a.jpg,cat\n');
    await put('val_meta.csv', 'path,label\ndog_cat_images/train/b.jpg,dog\n');
    await put('test_meta.csv', 'path,label\ndog_cat_images/test/c.jpg,dog\n');
    for (const name of ['train/a', 'train/b', 'test/c']) await put(`dog_cat_images/${name}.jpg`, name);
    const items = await listData(await open('s3://imaging'));
    assert.deepEqual(
      items.map(({ source, label }) => [path.basename(source), label]),
      [
        ['c.jpg', 'dog'],
        ['a.jpg', 'cat'],
        ['b.jpg', 'dog'],
      ],
    );
  });

  test('that are asked for again bring what is new, and nothing twice; one manifest may be named', async (t) => {
    const { put, open } = await startBucket(t);
    await put('set/manifest.csv', 'path,label\ncat/a.jpg,cat\n');
    await put('set/cat/a.jpg', 'a');
    const manifest = await open('s3://imaging/set/manifest.csv');
    const [item] = await listData(manifest);
    await utimes(item!.file, 1000, 1000);
    await put('set/cat/b.jpg', 'b');
    await put('set/manifest.csv', 'path,label\ncat/a.jpg,cat\ncat/b.jpg,cat\n');
    assert.equal(await open('s3://imaging/set/manifest.csv'), manifest);
    const items = await listData(manifest);
    assert.deepEqual(await Promise.all(items.map(({ file }) => readFile(file, 'utf8'))), ['a', 'b']);
    assert.equal((await stat(item!.file)).mtimeMs, 1_000_000);
    // A copy that was cut short has another size.
    await writeFile(item!.file, 'half a file');
    await open('s3://imaging/set');
    assert.equal(await readFile(item!.file, 'utf8'), 'a');
  });

  test('where nothing lies, or a key leads out of the folder, nothing is copied', async (t) => {
    const { put, open } = await startBucket(t);
    await assert.rejects(open('s3://imaging/nothing'), isCode('NOT_FOUND', /bucket imaging, nothing/));
    await put('bad/a\\..\\b.jpg', 'x');
    await assert.rejects(open('s3://imaging/bad'), isCode('INVALID_ARGUMENT', /no path/));
    await assert.rejects(open('s3://Bad_Name/x'), isCode('INVALID_CONFIG'));
  });
});
