import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ArchiveIndex, bringBack, openObjectStore, SampleArchive } from '#libs/archive';
import { subjects } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { lastDecision } from '#libs/decisions';
import { listHeld, Pseudonyms, readConfig } from '#services/ingest';
import type { RefusedTold } from '../../services/cli/withdraw/refused.js';
import { createIngestor, readDeadLetters, TEST_KEY } from '../services/ingest/_ingest.js';
import { sliceBytes } from '../services/ingest/dicom/_objects.js';
import { isCode } from '../helpers/errors.js';
import { noiseImage } from '../helpers/images.js';
import { publishScan } from '../helpers/scans.js';
import { TestPipeline } from '../services/trainer/_pipeline.js';
import { publishScans } from '../services/trainer/_stream.js';

const CLI = new URL('../../services/cli/main.js', import.meta.url).pathname;
const TRAIN = 24;
const STREAM = {
  mode: 'stream',
  stream: {
    replayedPerArrival: 3,
    memorySize: 32,
    warmUp: { samples: 8, epochs: 2 },
    roundArrivals: 8,
    averageDecay: 0.8,
  },
};
const STREAM_ENVIRONMENT = { SULCUS_STREAM_PAUSE: '1s', SULCUS_CHECKPOINT_INTERVAL: '1ms' };

/** One story over one broker: what each part finds is what the part before left. */
describe('what a version learned from', { timeout: 240_000 }, () => {
  let pipeline: TestPipeline;
  let natsUrl: string;
  let folder: string;
  let trained: string[];

  before(async () => {
    pipeline = await TestPipeline.start();
    natsUrl = pipeline.natsUrl;
    folder = await mkdtemp(path.join(tmpdir(), 'sulcus-lineage-'));
    await publishScans(pipeline.bus, 8, 'SPLIT_VALIDATION', { seed: 'validation' });
    trained = await publishScans(pipeline.bus, TRAIN, 'SPLIT_TRAIN', { seed: 'train' });
    // Its image cannot be decoded: it is put aside.
    await publishScan(pipeline.bus, Buffer.from('no image'), { site: 'test', label: 'left', split: 'SPLIT_TRAIN' });
  });

  after(async () => {
    await pipeline.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** What a command prints as JSON, and its exit code; what it says on stderr goes through. */
  async function sulcus<T>(...words: string[]): Promise<{ told: T; code: number }> {
    const place = ['audit', 'withdraw'].includes(words[0]!) ? ['--archive', path.join(folder, 'archive')] : [];
    const execArgv = process.execArgv.filter((flag) => !flag.startsWith('--test'));
    const child = spawn(process.execPath, [...execArgv, CLI, ...words, ...place, '--json', '--nats', natsUrl], {
      env: {
        ...process.env,
        ...{ NODE_TEST_CONTEXT: '', SULCUS_ENGINE_THREADS: '1', SULCUS_LOG_LEVEL: 'warn' },
        SULCUS_DATA_DIR: path.join(folder, 'site'),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (data: Buffer) => (text += data.toString()));
    const [code] = (await once(child, 'close')) as [number];
    return { told: JSON.parse(text || 'null') as T, code };
  }

  interface VersionTold {
    version: string;
    samples: number;
    labels: Record<string, number>;
    putAside: number;
    complete: boolean;
  }
  const versionsOf = async (run: string): Promise<string[]> =>
    (await pipeline.registry.list()).filter((card) => card.run === run).map(({ version }) => version);

  it('is listed sample by sample, with labels, for a run in epochs', async () => {
    const { exitCode, output } = await pipeline.train('epochs');
    assert.equal(exitCode, 0, output);
    const versions = await versionsOf('epochs');
    const { told } = await sulcus<VersionTold>('lineage', versions.at(-1)!);
    assert.deepEqual([told.samples, told.labels], [TRAIN, { left: TRAIN / 2, right: TRAIN / 2 }]);
    assert.deepEqual([told.putAside, told.complete], [1, true]);
    const sample = await sulcus<{ versions: { version: string; labels: string[] }[] }>('lineage', trained[1]!);
    assert.deepEqual(
      sample.told.versions.map(({ version }) => version),
      versions,
    );
    assert.deepEqual(sample.told.versions[0]!.labels, ['right']);
  });

  it('is whole and nothing in it twice, however often a trainer of a stream is killed', async () => {
    const done = pipeline.eventsUntil.bind(pipeline);
    for (let kill = 0; kill < 4; kill++) {
      const trainer = pipeline.trainers.start('stream', STREAM_ENVIRONMENT, STREAM);
      await new Promise((resolve) => setTimeout(resolve, 1500 + kill * 700));
      await trainer.kill();
    }
    const last = pipeline.trainers.start('stream', STREAM_ENVIRONMENT, STREAM);
    await done('stream', ({ finished }) => finished != null);
    assert.equal(await last.stop(), 0, last.output());
    const { told, code } = await sulcus<{ findings: object[]; runs: { run: string; learned: number }[] }>('audit');
    assert.deepEqual([told.findings, code], [[], 0]);
    assert.equal(told.runs.find(({ run }) => run === 'stream')!.learned, TRAIN);
    const newest = (await versionsOf('stream')).at(-1);
    if (newest !== undefined) assert.equal((await sulcus<VersionTold>('lineage', newest)).told.complete, true);
  });

  it('is missed by an audit when a sample was taken in and neither learned nor put aside', async () => {
    const bucket = await pipeline.bus.keyValue('checkpoints');
    const entry = (await bucket.get('stream'))!;
    const pointer = JSON.parse(entry.value.toString()) as {
      manifest: { stream: { plan: { memory: { replay: [] } } } };
    };
    const { sequence } = await publishScan(pipeline.bus, await noiseImage(9), { site: 'test', label: 'left' });
    const { plan } = pointer.manifest.stream;
    const forged = { ...pointer.manifest, stream: { ...pointer.manifest.stream, plan: withCursor(plan, sequence) } };
    await bucket.put('stream', Buffer.from(JSON.stringify({ ...pointer, manifest: forged })));
    const { told, code } = await sulcus<{ lost: number; findings: { where: string }[] }>('audit');
    assert.deepEqual([told.lost, told.findings[0]?.where, code], [1, 'run stream', 1]);
    await bucket.put('stream', entry.value);
  });

  it('changes by a withdrawal: gone everywhere, what was refused too, on record, for good', async (t) => {
    const { bus, registry } = pipeline;
    const image = await noiseImage(77);
    const config = readConfig({
      ...{ SULCUS_NATS_URL: natsUrl, SULCUS_SITE: 'test', SULCUS_INGEST_ADDRESS: '127.0.0.1:0' },
      SULCUS_DATA_DIR: path.join(folder, 'site'),
    });
    const nats = undefined as never;
    const { ingestor } = createIngestor(t, { nats, bus, config, logged: [] });
    const input = { bytes: image, source: 'a.jpg', label: 'left', patientId: 'Jane', splits: ['SPLIT_TRAIN'] } as const;
    const outcome = await ingestor.ingestImage(input);
    assert.equal(outcome.kind, 'ingested');
    const { message: scan, sequence } = (await bus.getLast('SCANS', subjects.scanOf(outcome.sampleId), codecs.Scan))!;
    const archive = new SampleArchive(await openObjectStore(path.join(folder, 'archive')));
    const archived = { scan, label: 'left', labelledUnixMs: 0, scanSequence: sequence, archivedUnixMs: 1 };
    await archive.store(archived);
    const original = { inline: codecs.Scan.encode(scan) };
    const letter = { service: 'test', code: 'INTERNAL', cause: 'x', originalType: codecs.Scan.typeName, original };
    await bus.deadLetter(letter);
    // Refused, and so of no sample that is known: kept at the site, and one that an edge had cleaned at the broker.
    const broken = image.subarray(0, image.length - 200);
    for (const patientId of ['Jane', 'John'])
      await ingestor.ingestImage({ ...input, patientId, bytes: Buffer.concat([broken, Buffer.from(patientId)]) });
    await ingestor.ingestDicom({ bytes: sliceBytes({ PatientID: 'Jane', BurnedInAnnotation: 'YES' }), source: 'x' });
    const cleaned = {
      service: 'ingest',
      code: 'SPLIT_CONFLICT',
      originalType: 'image/png',
      original: { inline: broken },
    };
    for (const patientId of [scan.patientId, 'test-of-another', ''])
      await bus.deadLetter({ ...cleaned, patientId, cause: `of ${patientId}` });

    const words = ['withdraw', scan.patientId, '--reason', 'asked'];
    const { told, code } = await sulcus<{ samples: number; patient: string; refused: RefusedTold }>(...words);
    assert.deepEqual([told.samples, told.patient, code], [1, scan.patientId, 0]);
    const { letters, held, unknown } = told.refused;
    assert.deepEqual([letters, held, unknown.letters.length, unknown.held], [4, 2, 1, []]);
    const patients = (await readDeadLetters(bus)).map(({ patientId }) => patientId);
    assert.deepEqual([patients.includes('test-of-another'), patients.includes(scan.patientId)], [true, false]);
    const left = (await listHeld(path.join(folder, 'site/refused'))).map(({ note }) => note.patientId);
    assert.deepEqual(left, [new Pseudonyms('test', Buffer.from(TEST_KEY)).patient('John')]);
    assert.deepEqual(await listHeld(path.join(folder, 'site/quarantine')), []);
    assert.equal(await bus.getLast('SCANS', subjects.scanOf(outcome.sampleId), codecs.Scan), undefined);
    assert.equal(await archive.load(outcome.sampleId), undefined);
    const dead = await sulcus<unknown>('dead', 'list', '--service', 'test');
    assert.equal(dead.told, null);
    const again = await ingestor.ingestImage(input);
    assert.equal(again.kind === 'rejected' && again.error.code, 'WITHDRAWN');
    const other = await ingestor.ingestImage({ ...input, bytes: await noiseImage(78) });
    assert.equal(other.kind === 'rejected' && other.error.code, 'WITHDRAWN', 'another image of the patient');
    const kept = (await bus.getLast('DEAD', subjects.dead('ingest'), codecs.DeadLetter))!;
    assert.deepEqual([kept.message.code, kept.message.original], ['WITHDRAWN', null]);
    await assert.rejects(bringBack(bus, new ArchiveIndex(bus), archived), isCode('WITHDRAWN'));
    assert.equal((await sulcus<{ clean: boolean }>('audit')).told.clean, true);

    const one = await sulcus<{ versions: { version: string }[] }>('withdraw', trained[0]!, '--reason', 'mistaken');
    const marked = one.told.versions.map(({ version }) => version);
    assert.ok((await versionsOf('epochs')).every((version) => marked.includes(version)));
    assert.equal((await registry.marks(marked[0]!))[0]!.samples, 1);
    const decision = await lastDecision(bus, 'KIND_WITHDRAWN', 'samples');
    assert.deepEqual([decision?.samples, decision?.reason], [[trained[0]], 'mistaken']);
    assert.equal((await sulcus<{ sound: boolean }>('verify-record')).told.sound, true);
  });

  it('is without what was withdrawn in a version that is trained anew', async () => {
    const words = ['withdraw', trained[2]!, '--reason', 'asked', '--retrain', 'epochs'];
    const { told, code } = await sulcus<{ retrained: string }>(...words);
    assert.equal(code, 0);
    assert.match(told.retrained, /^epochs-r1-\d{6}$/);
    const { told: lineage } = await sulcus<VersionTold>('lineage', told.retrained);
    assert.equal(lineage.samples, TRAIN - 2 + 1, 'all but the two withdrawn ones, and one that came since');
    assert.equal((await lastDecision(pipeline.bus, 'KIND_RETRAINED', 'epochs-r1'))?.version, told.retrained);
    assert.deepEqual((await sulcus<{ findings: object[] }>('audit')).told.findings, []);
  });
});

const withCursor = (plan: { memory: { replay: [] } }, scan: number) => ({
  ...plan,
  memory: { ...plan.memory, cursor: { scan, label: 0 } },
});
