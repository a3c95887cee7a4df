import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { parseDicom } from '#libs/dicom';
import { startDcmqrscp } from '../helpers/dcmqrscp.js';
import { runDcmtk, withoutDcmtk } from '../helpers/dcmtk.js';
import { lastingPort } from '../helpers/ports.js';
import { startOrthanc, withoutOrthanc } from '../helpers/orthanc.js';
import { startPython, withoutPynetdicom } from '../helpers/python-peer.js';
import { until } from '../helpers/until.js';
import {
  readDeadLetters,
  readScans,
  startHarness,
  startService,
  temporaryFolder,
  type Harness,
} from '../services/ingest/_ingest.js';
import { rulesFile, rulesOf, sliceOf } from '../services/ingest/pull/_rules.js';

type Retrieve = 'get' | 'move';

/** An archive, as much as tests need of it. */
interface Pacs {
  /** `TITLE@127.0.0.1:port`. */
  peer: string;
  add: (bytes: Buffer) => Promise<void>;
}

const PACS: Record<string, { missing: string | false; start: (t: TestContext, sulcusPort: number) => Promise<Pacs> }> =
  {
    Orthanc: {
      missing: withoutOrthanc,
      start: async (t, sulcusPort) => {
        const { dicomPort, add } = await startOrthanc(t, sulcusPort);
        return { peer: `ORTHANC@127.0.0.1:${dicomPort}`, add };
      },
    },
    dcmqrscp: { missing: withoutDcmtk, start: startDcmqrscp },
  };

/** A site that pulls. Its door for C-STORE is where archives know it to listen. */
async function site(
  t: TestContext,
  { peer, port, retrieve, rule }: { peer: string; port: number; retrieve: Retrieve; rule?: object },
): Promise<Harness> {
  return await startHarness(t, {
    SULCUS_PULL_RULES: await rulesFile(t, rulesOf({ dicom: { peer, retrieve } }, rule)),
    SULCUS_DICOM_ADDRESS: `127.0.0.1:${port}`,
    SULCUS_DICOM_CALLERS: '*',
  });
}

/** Waits; what does not come to be is told with what was logged. */
const comes = (harness: Harness, condition: () => boolean | Promise<boolean>, what: string): Promise<void> =>
  until(condition, what, 30_000).catch((error: Error) => {
    throw new Error(`${error.message}\n${JSON.stringify(harness.logged, undefined, 1)}`);
  });

const scansOf = async ({ bus }: Harness): Promise<number> => (await readScans(bus)).length;
const said = ({ logged }: Harness, pattern: RegExp): number =>
  logged.filter(({ msg, reason }) => pattern.test(`${msg}: ${String(reason)}`)).length;

for (const [name, { missing, start }] of Object.entries(PACS))
  for (const retrieve of ['get', 'move'] as const)
    describe(`${name} by C-${retrieve.toUpperCase()}`, { skip: missing }, () => {
      test('sends what the rule asks for and nothing else; late slices follow, nothing comes twice', async (t) => {
        const port = await lastingPort();
        const { peer, add } = await start(t, port);
        for (const seed of [1, 2, 3]) await add(sliceOf(seed));
        const other = { StudyInstanceUID: '1.2.3.7', SeriesInstanceUID: '1.2.3.8' };
        await add(sliceOf(10, { ...other, StudyDate: '20200101' }));
        await add(sliceOf(12, { SeriesInstanceUID: '1.2.3.10', Modality: 'CT' }));
        // Of those that say it: dcmqrscp does not.
        const knee = { SeriesInstanceUID: '1.2.3.9', BodyPartExamined: 'KNEE' };
        if (name === 'Orthanc') await add(sliceOf(11, knee));
        const harness = await site(t, { peer, port, retrieve });
        await startService(t, harness);
        await comes(harness, async () => (await scansOf(harness)) === 3, 'three slices');
        await until(() => said(harness, /^pulled/) === 1, 'the end of the first look');
        if (name === 'Orthanc') {
          await add(sliceOf(4));
          await comes(harness, async () => (await scansOf(harness)) === 4, 'the late slice');
          await until(() => said(harness, /^pulled/) === 2, 'the second look');
        }
        const looks = said(harness, /^pulled/);
        await new Promise((resolve) => setTimeout(resolve, 1500));
        assert.equal(said(harness, /^pulled/), looks);
        assert.equal(await scansOf(harness), name === 'Orthanc' ? 4 : 3);
        assert.equal(said(harness, /could not/), 0);
      });

      test('cut off in the middle it goes on where it stopped: nothing is lost, nothing is there twice', async (t) => {
        const port = await lastingPort();
        const { peer, add } = await start(t, port);
        for (let seed = 1; seed <= 60; seed++) await add(sliceOf(seed));
        const harness = await site(t, { peer, port, retrieve });
        const { service } = await startService(t, harness);
        await comes(harness, async () => (await scansOf(harness)) >= 5, 'the first slices');
        await service.stop(0);
        const before = await scansOf(harness);
        await startService(t, harness);
        await until(() => said(harness, /^pulled/) === 1, 'the whole series', 60_000);
        assert.equal(await scansOf(harness), 60, `${before} before it was cut off`);
        assert.deepEqual(await readDeadLetters(harness.bus), []);
      });
    });

describe('compressed by the sender', { skip: withoutOrthanc || withoutDcmtk }, () => {
  for (const retrieve of ['get', 'move'] as const)
    test(`objects come by C-${retrieve.toUpperCase()} as they are kept, with the same pixels`, async (t) => {
      const port = await lastingPort();
      const { dicomPort, add } = await startOrthanc(t, port);
      const folder = await temporaryFolder(t);
      const [plain, compressed] = [path.join(folder, 'plain.dcm'), path.join(folder, 'compressed.dcm')];
      await writeFile(plain, sliceOf(1));
      assert.equal((await runDcmtk('dcmcjpls', [plain, compressed])).code, 0);
      const bytes = await readFile(compressed);
      assert.equal(parseDicom(bytes).syntax.compression, 'jpegLs');
      await add(bytes);
      const harness = await site(t, { peer: `ORTHANC@127.0.0.1:${dicomPort}`, port, retrieve });
      const { client } = await startService(t, harness);
      await comes(harness, async () => (await scansOf(harness)) === 1, 'the slice');
      // A sample is named by its pixels and what leaves with them, whatever the transfer syntax.
      const upload = await client.uploadImages([{ name: 'plain', image: await readFile(plain) }]);
      assert.equal(upload.duplicates, 1);
    });
});

describe('a PACS that does not do as it should', { skip: withoutPynetdicom }, () => {
  /** Three slices in a PACS with a plan, and a site that pulls from it. */
  async function pulling(t: TestContext, retrieve: Retrieve, plan: { find?: string; retrieve?: string }) {
    const [folder, port, ownPort] = [await temporaryFolder(t), await lastingPort(), await lastingPort()];
    for (const seed of [1, 2, 3]) await writeFile(path.join(folder, `${seed}.dcm`), sliceOf(seed));
    startPython(t, path.join(import.meta.dirname, 'pacs.py'), [
      ...[String(port), folder, '--retrieve-to', String(ownPort)],
      ...['--find', plan.find ?? 'ok', '--retrieve', plan.retrieve ?? 'ok'],
    ]);
    await until(() => listens(port), 'a PACS that listens', 30_000);
    const harness = await site(t, { peer: `PACS@127.0.0.1:${port}`, port: ownPort, retrieve });
    const { service } = await startService(t, harness);
    const all = () => comes(harness, async () => (await scansOf(harness)) === 3, 'all three slices');
    return { harness, service, all };
  }

  const refusals: [plan: { find?: string; retrieve?: string }, retrieve: Retrieve, pattern: RegExp][] = [
    [{ find: 'a701,ok' }, 'get', /could not be asked.*PACS refused a query with A701.*out of resources/],
    [{ find: 'c001,ok' }, 'move', /could not be asked.*refused a query with C001.*unable to process/],
    [{ find: 'abort,ok' }, 'get', /could not be asked.*aborted the association/],
    [{ retrieve: 'a702,ok' }, 'get', /could not be fetched.*refused to send a series with A702.*could not send/],
    [{ retrieve: 'a702,ok' }, 'move', /could not be fetched.*refused to send a series with A702/],
    [{ retrieve: 'a801,ok' }, 'move', /could not be fetched.*A801.*does not know where SULCUS listens/],
    [{ retrieve: 'abort,ok' }, 'get', /could not be fetched.*(aborted|ended) the association/],
    [{ retrieve: 'abort,ok' }, 'move', /could not be fetched.*(aborted|ended) the association/],
    [{ retrieve: 'fail,ok' }, 'get', /could not be fetched.*1 objects of a series did not come by C-GET, 2 did/],
    // The second request is for the one that did not come.
    [{ retrieve: 'fail,fail,ok' }, 'move', /could not be fetched.*refused to send a series with A702/],
    [{ retrieve: 'lie,ok' }, 'move', /could not be fetched.*3 of 3 objects .*does it know where we listen/],
  ];
  for (const [plan, retrieve, pattern] of refusals)
    test(`${JSON.stringify(plan)} by C-${retrieve.toUpperCase()} is said, and all comes at another look`, async (t) => {
      const { harness, all } = await pulling(t, retrieve, plan);
      await comes(harness, () => said(harness, pattern) === 1, `a line that matches ${pattern}`);
      await all();
      await until(() => said(harness, /^pulled/) >= 1, 'that it is whole');
      assert.equal(said(harness, /could not/), 1);
    });

  test('matches by fewer keys than were asked for (FF01) are matches', async (t) => {
    const { harness, all } = await pulling(t, 'get', { find: 'ff01' });
    await all();
    assert.equal(said(harness, /could not/), 0);
  });

  test('what cannot be fetched is asked for ever more rarely', async (t) => {
    const { harness } = await pulling(t, 'get', { retrieve: 'a702' });
    await until(() => said(harness, /A702/) >= 3, 'three attempts', 30_000);
    const times = harness.logged
      .filter(({ reason }) => /A702/.test(String(reason)))
      .map(({ time }) => Date.parse(String(time)));
    // Looks are 0.3 s apart: the third attempt is two pauses behind the second.
    assert.ok(times[2]! - times[1]! >= 500, times.join());
    assert.equal(await scansOf(harness), 0);
  });

  test('while the pipeline is full nothing is remembered as fetched; it comes when there is room', async (t) => {
    const { harness, all } = await pulling(t, 'get', { find: 'a701,a701,a701,ok' });
    await harness.bus.ensureTopology({ maxBytes: { SCANS: 1000 } });
    await new Promise((resolve) => setTimeout(resolve, 2000));
    assert.equal(await scansOf(harness), 0);
    assert.equal(said(harness, /^pulled.*series/), 0);
    await harness.bus.ensureTopology({ maxBytes: { SCANS: 10e6 } });
    await all();
  });

  test('a stop ends what is under way at once', async (t) => {
    const { harness, service } = await pulling(t, 'get', { find: 'silent' });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const beganMs = performance.now();
    await service.stop(0);
    // An archive that says nothing is waited for for minutes.
    assert.ok(performance.now() - beganMs < 10_000);
    assert.equal(await scansOf(harness), 0);
  });
});

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

test('objects that must not leave count as fetched: they are in the quarantine, and not asked for again', {
  skip: withoutOrthanc,
}, async (t) => {
  for (const retrieve of ['get', 'move'] as const) {
    const port = await lastingPort();
    const { dicomPort, add } = await startOrthanc(t, port);
    await add(sliceOf(1));
    await add(sliceOf(2, { BurnedInAnnotation: 'YES' }));
    const harness = await site(t, { peer: `ORTHANC@127.0.0.1:${dicomPort}`, port, retrieve });
    const { service } = await startService(t, harness);
    await until(() => said(harness, /^pulled/) === 1, `the series by ${retrieve}`, 30_000);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.equal(said(harness, /^pulled/), 1, JSON.stringify(harness.logged, undefined, 1));
    assert.equal(said(harness, /could not/), 0);
    assert.equal(await scansOf(harness), 1);
    assert.equal((await readDeadLetters(harness.bus)).length, 1);
    await service.stop(0);
  }
});

test('a rule that needs a door for C-MOVE says so when there is none, or it is closed to the archive', async (t) => {
  const rules = await rulesFile(t, rulesOf({ dicom: { peer: 'PACS@127.0.0.1:11112', retrieve: 'move' } }));
  const closed = await startHarness(t, { SULCUS_PULL_RULES: rules });
  await assert.rejects(startService(t, closed), { code: 'INVALID_CONFIG', message: /set SULCUS_DICOM_ADDRESS/ });
  const others = await startHarness(t, {
    ...{ SULCUS_PULL_RULES: rules, SULCUS_DICOM_ADDRESS: '127.0.0.1:0', SULCUS_DICOM_CALLERS: 'MR1' },
  });
  await assert.rejects(startService(t, others), { code: 'INVALID_CONFIG', message: /such as PACS@127\.0\.0\.1/ });
});
