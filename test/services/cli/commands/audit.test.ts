import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ArchiveIndex, bringBack, openObjectStore, SampleArchive } from '#libs/archive';
import { blobOwners, connectBus, publishEvent, subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { lastDecision } from '#libs/decisions';
import { CheckpointStore, Registry } from '#libs/registry';
import { cardDraft, randomContent } from '../../../helpers/cards.js';
import { commandOutput } from '../../../helpers/command-output.js';
import { startNats, type TestNats } from '../../../helpers/nats.js';
import { publishScan } from '../../../helpers/scans.js';
import { main } from '../../../../services/cli/commands/audit.js';

interface Report {
  clean: boolean;
  lost: number;
  doubled: number;
  wrong: number;
  unreadable: number;
  unrecorded: number;
  places: number;
  samples: { known: number; onScans: number; archived: number; withdrawn: number };
  runs: { run: string; learned: number; waiting: number; heldOut: number; unlabelled: number }[];
  findings: { kind: string; where: string; what: string; sampleId?: string }[];
  repairs: string[];
  failedRepairs: string[];
}

const imageOf = (name: string): Buffer => Buffer.from(`image ${name}`.repeat(20));

describe('sulcus audit', () => {
  let nats: TestNats;
  let bus: Bus;
  let folder: string;
  let archive: SampleArchive;
  let index: ArchiveIndex;

  beforeEach(async () => {
    nats = await startNats();
    bus = await connectBus({ servers: nats.url, name: 'test' });
    await bus.ensureTopology();
    folder = await mkdtemp(path.join(tmpdir(), 'sulcus-audit-'));
    archive = new SampleArchive(await openObjectStore(path.join(folder, 'archive')));
    index = new ArchiveIndex(bus);
  });

  afterEach(async () => {
    await bus.drain();
    await nats.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** What it prints as JSON, and its exit code. */
  async function audit(...words: string[]): Promise<{ report: Report; exitCode: unknown }> {
    const place = ['--archive', path.join(folder, 'archive'), '--nats', nats.url];
    const text = await commandOutput(main, ['--json', ...place, ...words]);
    const { exitCode } = process;
    process.exitCode = 0;
    return { report: JSON.parse(text) as Report, exitCode };
  }

  /** Moves a scan to the archive as the archiver does. */
  async function toArchive(sequence: number): Promise<string> {
    const { message: scan } = (await bus.get('SCANS', sequence, codecs.Scan))!;
    const { sampleId, site, studyId, split, label, source } = scan;
    await archive.store({ scan, label, labelledUnixMs: 0, scanSequence: sequence, archivedUnixMs: 1 });
    await index.add(sampleId, { site, studyId, split, label, source, scanSequence: sequence });
    await bus.deleteMessage('SCANS', sequence);
    return sampleId;
  }

  it('accounts for what is stored, what is archived and what came back, more than once', async () => {
    for (const name of ['a', 'b', 'c']) await publishScan(bus, imageOf(name), { label: 'left' });
    await toArchive(1);
    const returned = await toArchive(2);
    for (let round = 0; round < 3; round++) {
      const { sequence } = await bringBack(bus, index, (await archive.load(returned))!);
      const scan = (await bus.get('SCANS', sequence, codecs.Scan))!;
      assert.equal(scan.headers.get('Sulcus-Earlier-Sequences')?.split(',').length, round + 1);
      if (round === 2) continue;
      const earlierSequences = scan.headers.get('Sulcus-Earlier-Sequences')!.split(',').map(Number);
      await index.add(returned, { ...scan.message, scanSequence: sequence, earlierSequences });
      await bus.deleteMessage('SCANS', sequence);
    }
    const { report, exitCode } = await audit('--contents');
    assert.deepEqual([report.clean, exitCode, report.findings], [true, 0, []]);
    assert.deepEqual(report.samples, { known: 3, onScans: 2, archived: 1, withdrawn: 0 });
    assert.equal(report.places, 6);
  });

  it('names the place of a scan that was accepted and is nowhere', async () => {
    for (const name of ['a', 'b', 'c']) await publishScan(bus, imageOf(name));
    await bus.deleteMessage('SCANS', 2);
    const { report, exitCode } = await audit();
    assert.deepEqual([report.lost, exitCode], [1, 1]);
    assert.equal(report.findings[0]!.where, 'SCANS/2');
  });

  it('misses a sample that a sender was told to be stored', async () => {
    const { sampleId } = await publishScan(bus, imageOf('a'));
    const other = createHash('sha256').update('other').digest('hex');
    const list = path.join(folder, 'accepted.txt');
    await writeFile(list, `${sampleId}\n${other}\n`);
    const { report } = await audit('--accepted', list);
    assert.deepEqual([report.lost, report.findings[0]!.sampleId], [1, other]);
  });

  it('misses an archived sample whose object is gone', async () => {
    await publishScan(bus, imageOf('a'));
    await archive.delete(await toArchive(1));
    const { report } = await audit();
    assert.deepEqual([report.lost, report.findings[0]!.where], [1, 'archive']);
  });

  it('--repair notes an archived sample that the broker has forgotten, and all is accounted for again', async () => {
    await publishScan(bus, imageOf('a'));
    const sampleId = await toArchive(1);
    await index.remove(sampleId, '');
    const before = await audit();
    assert.deepEqual([before.report.unrecorded, before.report.lost, before.exitCode], [1, 0, 1]);
    const { report, exitCode } = await audit('--repair');
    assert.deepEqual([report.repairs.length, exitCode], [1, 0]);
    assert.equal((await index.get(sampleId))?.scanSequence, 1);
    assert.equal((await audit()).report.clean, true);
  });

  it('--contents finds an image that is not the one it is named by, in SCANS and in the archive', async () => {
    await publishScan(bus, imageOf('a'), { sampleId: createHash('sha256').update('another').digest('hex') });
    await publishScan(bus, imageOf('b'));
    const archived = await toArchive(2);
    const file = path.join(folder, 'archive', 'samples', archived.slice(0, 2), `${archived}.pb`);
    const sample = await archive.load(archived);
    const image = { content: 'inline' as const, inline: imageOf('c') };
    await writeFile(file, codecs.ArchivedSample.encode({ ...sample!, scan: { ...sample!.scan, image } }));
    assert.equal((await audit()).report.clean, true);
    const { report } = await audit('--contents');
    assert.equal(report.wrong, 2);
    assert.deepEqual(report.findings.map(({ where }) => where).sort(), ['SCANS/1', 'archive']);
  });

  it('names a message on SCANS that is no scan', async () => {
    await publishScan(bus, imageOf('a'));
    await bus.publish(subjects.scan('local', 'b'), codecs.LabelEvent, { label: 'left' });
    const { report } = await audit();
    assert.deepEqual([report.unreadable, report.findings[0]!.where], [1, 'SCANS/2']);
  });

  describe('of a run', () => {
    const bits = (...sequences: number[]): string => {
      const bytes = Buffer.alloc(8);
      for (const sequence of sequences) bytes[sequence >> 3]! |= 1 << (sequence & 7);
      return bytes.toString('base64');
    };
    const ledger = (settled: number[], overrides: object = {}) => ({
      pass: 0,
      snapshotSequence: 4,
      appliedRows: settled.length,
      droppedRows: 0,
      settled: bits(...settled),
      ...overrides,
    });
    const save = (completedLedger: object, current: object = ledger([], { pass: 1 })): Promise<number> =>
      new CheckpointStore(bus).save('main', {
        manifest: { recipe: {}, classes: ['left', 'right'], ledger: current, completedLedger },
        parts: {},
      });

    beforeEach(async () => {
      for (const [name, label] of [
        ['a', 'left'],
        ['b', 'left'],
        ['c', 'left'],
        ['d', 'right'],
        ['e', 'right'],
      ] as const)
        await publishScan(bus, imageOf(name), { label });
      await publishScan(bus, imageOf('f'), { label: 'left', split: 'SPLIT_TEST' });
      await publishScan(bus, imageOf('g'), {});
    });

    it('counts what an epoch learned, what waits, what is held out and what has no label', async () => {
      await save(ledger([1, 2, 3, 4]));
      const { report } = await audit();
      assert.equal(report.clean, true);
      const { learned, waiting, heldOut, unlabelled } = report.runs[0]!;
      assert.deepEqual([learned, waiting, heldOut, unlabelled], [4, 1, 1, 1]);
    });

    it('misses a sample without an effect in an epoch that is complete', async () => {
      await save(ledger([1, 3, 4]));
      const { report } = await audit();
      assert.equal(report.lost, 1);
      assert.match(report.findings[0]!.what, /scans 2\b/);
    });

    it('misses none in a balanced epoch, which leaves samples out on purpose', async () => {
      await save(ledger([1, 4]));
      assert.equal((await audit()).report.clean, true);
    });

    it('finds more rows than samples: something was learned twice', async () => {
      await save(ledger([1, 2, 3, 4], { appliedRows: 5 }));
      assert.equal((await audit()).report.doubled, 1);
    });

    it('finds a ledger of another state', async () => {
      await save(ledger([1, 2, 3, 4], { snapshotSequence: 40 }));
      assert.equal((await audit()).report.wrong, 1);
    });
  });

  it('names a card that cannot be read, weights that are gone and an alias that leads nowhere', async () => {
    const registry = new Registry(bus);
    const { version } = await registry.publish(cardDraft(), randomContent(1000));
    await registry.promote('champion', version, 'first');
    assert.equal((await audit('--contents')).report.clean, true);
    await bus.deleteOwnedBlobs('model.main.10');
    const models = await bus.keyValue('models');
    await models.put('version.main-000002', Buffer.from('{'));
    await models.put('alias.candidate', Buffer.from(JSON.stringify({ version: 'main-000009', history: [] })));
    const { report } = await audit();
    assert.deepEqual([report.lost, report.unreadable, report.wrong], [1, 1, 1]);
  });

  it('--repair puts a move on record that was made without, and the chain stays whole', async () => {
    const registry = new Registry(bus);
    const { version } = await registry.publish(cardDraft(), randomContent(1000));
    const move = { kind: 'promoted', version, reason: 'killed behind the move', timeUnixMs: 5 };
    await (await bus.keyValue('models')).put('alias.champion', Buffer.from(JSON.stringify({ ...move, history: [] })));
    assert.equal((await audit()).report.unrecorded, 1);
    assert.equal((await audit('--repair')).report.repairs.length, 1);
    assert.equal((await audit()).report.clean, true);
    const last = await lastDecision(bus, 'KIND_PROMOTED', 'champion');
    assert.deepEqual([last?.version, last?.timeUnixMs], [version, 5]);
  });

  it('says that it cannot check, with exit code 2, when the archive of archived samples is not named', async () => {
    await index.add('a'.repeat(64), { site: 'local', studyId: '', scanSequence: 0 });
    const words = ['--json', '--nats', nats.url, '--archive', path.join(folder, 'nowhere')];
    const text = await commandOutput(main, words);
    const { exitCode } = process;
    process.exitCode = 0;
    assert.equal(exitCode, 2);
    assert.equal((JSON.parse(text) as { error: { code: string } }).error.code, 'INVALID_CONFIG');
  });

  it('misses tensors that the newest checkpoint of a run names, and says what stands in', async () => {
    const checkpoints = new CheckpointStore(bus);
    const parts = { weights: Buffer.from('first') };
    const first = await checkpoints.save('main', { manifest: {}, parts });
    await checkpoints.save('main', { manifest: {}, parts: { weights: Buffer.from('second') } }, first);
    const [before, newest] = (await bus.blobOwners(blobOwners.checkpoint('main'))).sort();
    for (const [owner, standsIn] of [
      [newest, /its tensors are not there.*from the one before it/],
      [before, /from a published version/],
    ] as const) {
      await bus.deleteOwnedBlobs(blobOwners.checkpoint('main', owner));
      const { report, exitCode } = await audit();
      assert.deepEqual([report.lost, report.findings[0]!.where, exitCode], [1, 'run main', 1]);
      assert.match(report.findings[0]!.what, standsIn);
    }
  });

  it('misses a card, a part of the weights and the move of an alias that a damaged disk has taken', async () => {
    const registry = new Registry(bus);
    const first = await registry.publish(cardDraft({ step: 10 }), randomContent());
    const second = await registry.publish(cardDraft({ step: 20 }), randomContent());
    await registry.promote('champion', first.version, 'first');
    const models = await bus.keyValue('models');
    const { value } = (await models.get('alias.champion'))!;
    await registry.promote('champion', second.version, 'better');
    await new CheckpointStore(bus).save('main', { manifest: { parentVersion: second.version }, parts: {} });
    assert.deepEqual((await audit()).report.findings, []);
    await models.put('alias.champion', value);
    await models.delete(`version.${second.version}`);
    const { sha256 } = first.weights!;
    await bus.deleteSubject('BLOBS', subjects.blobChunk(sha256, 1, blobOwners.model('main', first.step)));
    const { report } = await audit();
    assert.deepEqual(
      report.findings.map(({ kind, where }) => [kind, where]),
      [
        ['lost', `version ${first.version}`],
        ['lost', `version ${second.version}`],
        ['lost', 'alias champion'],
      ],
    );
    assert.match(report.findings[2]!.what, /\(decision 2\) was to main-000002.*points to main-000001/);
  });

  it('--repair tells what it found also where a repair fails, and what became of the others', async () => {
    await publishScan(bus, imageOf('a'));
    await index.remove(await toArchive(1), '');
    const { version } = await new Registry(bus).publish(cardDraft(), randomContent(1000));
    const move = { kind: 'promoted', version, reason: 'killed behind the move', timeUnixMs: 5 };
    await (await bus.keyValue('models')).put('alias.champion', Buffer.from(JSON.stringify({ ...move, history: [] })));
    // Nothing more goes on record.
    await bus.ensureTopology({ maxBytes: { DECISIONS: 1 } });
    const { report, exitCode } = await audit('--repair');
    assert.deepEqual([report.clean, report.unrecorded, exitCode], [false, 2, 1]);
    assert.equal(report.findings.length, 2);
    assert.match(report.repairs.join(), /^\S/);
    assert.match(report.failedRepairs.join(), /^BACKPRESSURE: .*the stream is full/);
  });

  it('names messages that cannot be read in streams of which nothing else tells', async () => {
    for (const service of ['marked', 'other'])
      await publishEvent(bus, 'ingest', 'test', { state: { state: 'ready', message: `event ${service}` } });
    await nats.damage('EVENTS', 'event marked');
    const { report, exitCode } = await audit();
    assert.deepEqual([report.unreadable, report.findings[0]!.where, exitCode], [1, 'EVENTS/1', 1]);
  });

  it('misses the announcement of a version that a damaged disk has taken, and --repair makes it again', async () => {
    const { version } = await new Registry(bus).publish(cardDraft(), randomContent(1000));
    await bus.deleteMessage('MODELS', 1);
    const { report } = await audit();
    assert.deepEqual([report.unrecorded, report.findings[0]!.where], [1, `version ${version}`]);
    assert.deepEqual((await audit('--repair')).report.repairs, [`announced ${version} again`]);
    assert.equal((await audit()).report.clean, true);
  });
});
