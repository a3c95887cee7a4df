import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { SampleArchive, openObjectStore, type ObjectStore, type SampleToArchive } from '#libs/archive';
import { freePort } from '../../helpers/nats.js';

/** Of this process, from its beginning on: what is warned of, is warned of once. */
const warned: Error[] = [];
process.on('warning', (warning) => warned.push(warning));

const S3_SERVER = path.resolve('.sulcus/peers/node_modules/s3rver/bin/s3rver.js');

const sample = (content: string, overrides: Partial<SampleToArchive> = {}): SampleToArchive => {
  const bytes = Buffer.from(content);
  const sampleId = createHash('sha256').update(bytes).digest('hex');
  return {
    scan: {
      sampleId,
      studyId: 'a-study',
      patientId: 'a-patient',
      site: 'a',
      split: 'SPLIT_TRAIN',
      label: 'glioma',
      image: { inline: bytes, content: 'inline' },
      format: 'png',
      width: 1,
      height: 1,
      channels: 1,
      dicom: null,
      receivedUnixMs: 1,
      source: '',
    },
    label: 'glioma',
    labelledUnixMs: 0,
    scanSequence: 7,
    archivedUnixMs: 2,
    ...overrides,
  };
};

/** What holds for every kind of store. */
function contract(open: () => Promise<ObjectStore>): void {
  it('gives back what was stored, label and image', async () => {
    const archive = new SampleArchive(await open());
    const stored = sample('one');
    await archive.store(stored);
    const loaded = await archive.load(stored.scan.sampleId);
    assert.equal(loaded?.label, 'glioma');
    assert.deepEqual(Buffer.from(loaded.scan.image!.inline!), Buffer.from('one'));
    await archive.close();
  });

  it('storing again replaces the label and keeps one object', async () => {
    const archive = new SampleArchive(await open());
    const { scan } = sample('two');
    await archive.store(sample('two'));
    await archive.store(sample('two', { label: 'notumor', labelledUnixMs: 5 }));
    assert.equal((await archive.load(scan.sampleId))?.label, 'notumor');
    const listed = await collect(archive.list());
    assert.equal(listed.filter(({ sampleId }) => sampleId === scan.sampleId).length, 1);
    await archive.close();
  });

  it('lists samples in the order of their identities, and forgets what is deleted', async () => {
    const archive = new SampleArchive(await open());
    const samples = Array.from({ length: 30 }, (_, index) => sample(`many ${index}`));
    for (const each of samples) await archive.store(each);
    const ids = (await collect(archive.list())).map(({ sampleId }) => sampleId);
    assert.deepEqual(ids, [...ids].sort());
    for (const { scan } of samples) assert.ok(ids.includes(scan.sampleId));
    await archive.delete(samples[0]!.scan.sampleId);
    await archive.delete(samples[0]!.scan.sampleId);
    assert.equal(await archive.load(samples[0]!.scan.sampleId), undefined);
    await archive.close();
  });

  it('what was never archived is not there, and what is no identity is refused', async () => {
    const archive = new SampleArchive(await open());
    assert.equal(await archive.load('0'.repeat(64)), undefined);
    await assert.rejects(archive.load('../../etc/passwd'), { code: 'INVALID_ARGUMENT' });
    await archive.close();
  });
}

describe('an archive in a folder', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(path.join(tmpdir(), 'sulcus-archive-'))));
  after(() => rm(folder, { recursive: true }));

  contract(() => openObjectStore(folder));

  it('a damaged object is named, not given out', async () => {
    const archive = new SampleArchive(await openObjectStore(folder));
    const { scan } = sample('flipped');
    await archive.store(sample('flipped'));
    const file = path.join(folder, 'samples', scan.sampleId.slice(0, 2), `${scan.sampleId}.pb`);
    await writeFile(file, Buffer.alloc(20, 7));
    await assert.rejects(archive.load(scan.sampleId), (error: { code: string }) =>
      /MESSAGE_INVALID|HASH_MISMATCH/.test(error.code),
    );
    await rm(file);
  });

  it('nobody but the owner may read what is stored', async () => {
    const place = path.join(folder, 'made');
    const archive = new SampleArchive(await openObjectStore(place));
    const { scan } = sample('private');
    await archive.store(sample('private'));
    const shard = path.join(place, 'samples', scan.sampleId.slice(0, 2));
    for (const each of [place, shard, path.join(shard, `${scan.sampleId}.pb`)])
      assert.equal((await stat(each)).mode & 0o077, 0, each);
  });

  it('files that a killed writer left are no objects', async () => {
    const archive = new SampleArchive(await openObjectStore(folder));
    const { scan } = sample('whole');
    await archive.store(sample('whole'));
    const shard = path.join(folder, 'samples', scan.sampleId.slice(0, 2));
    await appendFile(path.join(shard, `${'f'.repeat(64)}.pb.1234.part`), 'half');
    const listed = await collect(archive.list());
    assert.ok(!listed.some(({ sampleId }) => sampleId === 'f'.repeat(64)));
    assert.ok((await readdir(shard)).length >= 2);
  });

  it('a folder that cannot be written is an archive that is away', async () => {
    const file = path.join(folder, 'a-file');
    await writeFile(file, '');
    const archive = new SampleArchive(await openObjectStore(path.join(file, 'below')));
    await assert.rejects(archive.store(sample('x')), { code: 'SERVICE_UNAVAILABLE' });
  });

  it('an image that is not the one it is named by is refused', async () => {
    const archive = new SampleArchive(await openObjectStore(folder));
    const wrong = sample('right');
    wrong.scan.image = { inline: Buffer.from('wrong'), content: 'inline' };
    await assert.rejects(archive.store(wrong), { code: 'HASH_MISMATCH' });
  });

  it('an address of another kind is refused with what is expected', async () => {
    await assert.rejects(openObjectStore('ftp://host/x'), { code: 'INVALID_CONFIG' });
  });
});

const skip = existsSync(S3_SERVER) ? false : 'no S3 server here: npm run setup:peers brings one';
describe('an archive in a bucket of an S3 server', { skip }, () => {
  let folder: string;
  let server: ChildProcess;
  let endpoint: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sulcus-s3-'));
    const port = await freePort();
    endpoint = `http://127.0.0.1:${port}`;
    process.env['AWS_ACCESS_KEY_ID'] = 'S3RVER';
    process.env['AWS_SECRET_ACCESS_KEY'] = 'S3RVER';
    const args = ['-a', '127.0.0.1', '-p', String(port), '-d', folder, '--configure-bucket', 'imaging'];
    server = spawn(process.execPath, [S3_SERVER, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(server.stdout!, 'data');
  });
  after(async () => {
    server.kill();
    await rm(folder, { recursive: true });
  });

  contract(() => openObjectStore('s3://imaging/sulcus', endpoint));

  it('nothing is said of the version of Node, which is one that the client runs on', async () => {
    await openObjectStore('s3://imaging', endpoint);
    await setImmediate();
    assert.deepEqual(warned, []);
  });

  it('a bucket that is not there is a mistake of the configuration', async () => {
    const archive = new SampleArchive(await openObjectStore('s3://nowhere', endpoint));
    await assert.rejects(archive.store(sample('x')), { code: 'INVALID_CONFIG' });
  });

  it('a server that is away is an archive that is away', async () => {
    const archive = new SampleArchive(await openObjectStore('s3://imaging', `http://127.0.0.1:${await freePort()}`));
    await assert.rejects(archive.store(sample('x')), { code: 'SERVICE_UNAVAILABLE' });
  });
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
