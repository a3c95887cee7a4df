import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ArchiveIndex, openObjectStore, SampleArchive } from '#libs/archive';
import { connectBus, followScans, type Bus, type ScanEntry } from '#libs/bus';
import type { Split } from '#libs/contracts';
import { startNats, type TestNats } from '../../../helpers/nats.js';

const CLI = path.join(import.meta.dirname, '../../../../services/cli/main.js');

let nats: TestNats;
let bus: Bus;
let folder: string;
let archive: SampleArchive;
before(async () => {
  nats = await startNats();
  bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
  folder = await mkdtemp(path.join(tmpdir(), 'sulcus-archive-command-'));
  archive = new SampleArchive(await openObjectStore(folder));
});
after(async () => {
  await bus.drain();
  await nats.stop();
  await rm(folder, { recursive: true });
});

/** `sulcus archive <words>` with the broker and archive of this test. */
async function run(...words: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [...process.execArgv, CLI, 'archive', ...words], {
    env: { ...process.env, SULCUS_LOG_LEVEL: 'silent', SULCUS_NATS_URL: nats.url, SULCUS_ARCHIVE: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** Puts a sample into the archive as the archiver does. */
async function store(content: string, label: string, split: Split): Promise<string> {
  const inline = Buffer.from(content);
  const sampleId = createHash('sha256').update(inline).digest('hex');
  await archive.store({
    scan: {
      ...{ sampleId, studyId: '', patientId: '', site: 'local', split, label: '' },
      image: { content: 'inline', inline },
      ...{ format: 'png', width: 1, height: 1, channels: 1, dicom: null, receivedUnixMs: 1, source: `${content}.png` },
    },
    label,
    labelledUnixMs: 1,
    scanSequence: 1,
    archivedUnixMs: Date.UTC(2026, 0, 2),
  });
  await new ArchiveIndex(bus).add(sampleId, { site: 'local', studyId: '' });
  return sampleId;
}

async function scans(): Promise<ScanEntry[]> {
  const found: ScanEntry[] = [];
  for await (const scan of followScans(bus, { signal: AbortSignal.timeout(10_000), storedOnly: true }))
    found.push(scan);
  return found;
}

describe('sulcus archive', () => {
  test('lists samples, by label and split, for people and for programs', async () => {
    assert.match((await run('list')).stdout, /No such sample is archived/);
    const glioma = await store('one', 'glioma', 'SPLIT_TRAIN');
    const unlabelled = await store('two', '', 'SPLIT_TEST');
    const table = await run('list');
    assert.equal(table.code, 0, table.stderr);
    for (const text of [glioma, unlabelled, 'one.png', 'glioma', '2026-01-02 00:00'])
      assert.ok(table.stdout.includes(text));
    const list = async (...words: string[]): Promise<string[]> =>
      (JSON.parse((await run('list', '--json', ...words)).stdout) as { sampleId: string }[]).map(
        ({ sampleId }) => sampleId,
      );
    assert.deepEqual(await list('--label', 'glioma'), [glioma]);
    assert.deepEqual(await list('--split', 'test'), [unlabelled]);
    assert.deepEqual(await list('--split', 'validation'), []);
  });

  test('sends samples back to SCANS under their newest label; the second time they are there already', async () => {
    const sampleId = await store('three', 'pituitary', 'SPLIT_TRAIN');
    const first = await run('restore', sampleId);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /1 samples sent to SCANS again, 0 were there already/);
    const scan = (await scans()).find((each) => each.sampleId === sampleId);
    assert.equal(scan?.label, 'pituitary');
    assert.equal(await new ArchiveIndex(bus).get(sampleId), undefined);
    assert.deepEqual(JSON.parse((await run('restore', sampleId, '--json')).stdout), {
      restored: 0,
      present: 1,
      failed: 0,
    });
    assert.ok(await archive.load(sampleId), 'the archive keeps it');
  });

  test('restores by label, and all', async () => {
    await store('four', 'notumor', 'SPLIT_TRAIN');
    assert.match((await run('restore', '--label', 'notumor')).stdout, /^1 samples/);
    const before = (await scans()).length;
    await store('five', 'glioma', 'SPLIT_TRAIN');
    assert.match((await run('restore', '--all')).stdout, /samples sent to SCANS again, 2 were there already/);
    assert.ok((await scans()).length > before);
  });

  test('says what is missing or damaged, restores the rest, and ends with 1', async () => {
    const damaged = await store('six', 'glioma', 'SPLIT_TRAIN');
    await writeFile(path.join(folder, 'samples', damaged.slice(0, 2), `${damaged}.pb`), 'not a sample');
    const whole = await store('seven', 'glioma', 'SPLIT_TRAIN');
    const missing = '0'.repeat(64);
    const { code, stdout, stderr } = await run('restore', damaged, missing, whole);
    assert.equal(code, 1);
    assert.match(stdout, /1 samples sent to SCANS again, 0 were there already, 2 could not be restored/);
    assert.match(stderr, new RegExp(`${missing} is not in the archive`));
    assert.match(stderr, new RegExp(`(${damaged}|no sulcus.v1.ArchivedSample)`));
    const list = await run('list');
    assert.equal(list.code, 1);
    assert.ok(list.stdout.includes(whole));
  });

  test('wants samples or a choice of them, and an archive', async () => {
    for (const words of [['restore'], ['restore', '--all', '0'.repeat(64)], ['list', '--archive', 'ftp://host/x']]) {
      const { code, stderr } = await run(...words);
      assert.equal(code, 2, stderr);
      assert.match(stderr, /INVALID_CONFIG/);
    }
  });

  test('names a folder that is not there, which would else pass for an empty archive', async () => {
    for (const words of [['list'], ['restore', '--all']]) {
      const { code, stderr } = await run(...words, '--archive', path.join(folder, 'mistyped'));
      assert.equal(code, 2, stderr);
      assert.match(stderr, /INVALID_CONFIG: There is no archive at .*mistyped: name its folder with --archive/);
    }
  });
});
