import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { openData } from '../../../../services/cli/shared/open-data.js';
import { isCode } from '../../../helpers/errors.js';

/**
 * A stand-in for Kaggle, which cannot be reached from a test: as far as a download goes it speaks as the API does, with
 * Basic credentials and a redirect to storage that has tags and ranges.
 */
const root = mkdtempSync(path.join(tmpdir(), 'sulcus-kaggle-'));
for (const name of ['Training/glioma/a.jpg', 'Training/notumor/b.jpg', 'Testing/glioma/c.jpg']) {
  mkdirSync(path.dirname(path.join(root, 'set', name)), { recursive: true });
  writeFileSync(path.join(root, 'set', name), name.repeat(1000));
}
execFileSync('zip', ['-qr0', '../set.zip', '.'], { cwd: path.join(root, 'set') });
const content = readFileSync(path.join(root, 'set.zip'));

const seen: string[] = [];
let breaksOff = false;
const server = createServer((request, response) => {
  seen.push(`${request.url} ${request.headers.range ?? ''}`.trim());
  if (request.url!.startsWith('/storage')) {
    const begin = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(begin > 0 ? 206 : 200, {
      etag: '"1"',
      'content-length': content.length - begin,
      ...(begin > 0 && { 'content-range': `bytes ${begin}-${content.length - 1}/${content.length}` }),
    });
    if (breaksOff && begin === 0)
      response.write(content.subarray(0, 20_000), () => setTimeout(() => response.destroy(), 50));
    else response.end(content.subarray(begin));
    return;
  }
  const known = request.headers.authorization === `Basic ${Buffer.from('somebody:key-1').toString('base64')}`;
  const path = request.url!.replace(/^\/api\/v1\/datasets\/download\//, '');
  if (!known) response.writeHead(401).end();
  else if (path.startsWith('closed/')) response.writeHead(403).end();
  else if (!path.startsWith('masoudnickparvar/brain-tumor-mri-dataset')) response.writeHead(404).end();
  else response.writeHead(302, { location: '/storage/archive.zip' }).end();
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
after(() => {
  server.close();
  rmSync(root, { recursive: true });
});

const SULCUS_KAGGLE_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`;
const DATA = 'kaggle:masoudnickparvar/brain-tumor-mri-dataset';
const asSomebody = { SULCUS_KAGGLE_URL, KAGGLE_USERNAME: 'somebody', KAGGLE_KEY: 'key-1' };

test('a data set is downloaded over a broken connection, unpacked, and taken from the disk the next time', async () => {
  const folder = path.join(root, 'unpacked');
  breaksOff = true;
  const data = await openData(DATA, { folder, environment: asSomebody });
  breaksOff = false;
  assert.deepEqual(seen, [
    '/api/v1/datasets/download/masoudnickparvar/brain-tumor-mri-dataset',
    '/storage/archive.zip',
    '/api/v1/datasets/download/masoudnickparvar/brain-tumor-mri-dataset bytes=20000-',
    '/storage/archive.zip bytes=20000-',
  ]);
  assert.equal(readFileSync(path.join(data, 'Testing/glioma/c.jpg'), 'utf8'), 'Testing/glioma/c.jpg'.repeat(1000));
  assert.deepEqual(readdirSync(folder), ['kaggle-masoudnickparvar-brain-tumor-mri-dataset']);
  assert.equal(await openData(DATA, { folder, environment: {} }), data);
  assert.equal(seen.length, 4);
  await openData(`${DATA}/versions/3`, { folder, environment: asSomebody });
  assert.match(seen[4]!, /dataset\?datasetVersionNumber=3$/);
});

test('kaggle.json is read when nobody else may read it', async () => {
  const [folder, config] = [path.join(root, 'by-file'), path.join(root, 'config')];
  mkdirSync(config);
  const file = path.join(config, 'kaggle.json');
  writeFileSync(file, '{"username":"somebody","key":"key-1"}', { mode: 0o600 });
  const environment = { SULCUS_KAGGLE_URL, KAGGLE_CONFIG_DIR: config };
  chmodSync(file, 0o644);
  await assert.rejects(openData(DATA, { folder, environment }), isCode('INVALID_CONFIG', /mode 644.*chmod 600/));
  chmodSync(file, 0o600);
  assert.ok(existsSync(path.join(await openData(DATA, { folder, environment }), 'Training')));
  writeFileSync(file, '{"username":"somebody","token":"key-secret"}');
  await assert.rejects(openData(`${DATA}/versions/1`, { folder, environment }), (error: Error) => {
    assert.match(error.message, /kaggle\.json is no \{"username": …, "key": …\}/);
    assert.doesNotMatch(error.message, /key-secret/);
    return true;
  });
});

test('what is wrong is said with what to do, and nothing is left', async () => {
  const folder = path.join(root, 'refused');
  const open = (data: string, environment: NodeJS.ProcessEnv) => openData(data, { folder, environment });
  const nobody = { SULCUS_KAGGLE_URL, KAGGLE_CONFIG_DIR: path.join(root, 'nowhere') };
  await assert.rejects(open(DATA, nobody), isCode('INVALID_CONFIG', /no credentials for Kaggle: make a token/));
  await assert.rejects(
    open(DATA, { ...asSomebody, KAGGLE_KEY: 'old' }),
    isCode('INVALID_CONFIG', /does not accept the key of "somebody"/),
  );
  await assert.rejects(open('kaggle:closed/set', asSomebody), isCode('INVALID_CONFIG', /accept its terms/));
  await assert.rejects(open('kaggle:some/other', asSomebody), isCode('NOT_FOUND', /no data set "some\/other"/));
  await assert.rejects(open('kaggle:../../etc', asSomebody), isCode('INVALID_CONFIG', /expected kaggle:owner\/name/));
  assert.deepEqual(existsSync(folder) ? readdirSync(folder) : [], []);
});
