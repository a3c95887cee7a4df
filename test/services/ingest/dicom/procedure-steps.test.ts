import assert from 'node:assert/strict';
import { readdir, readFile, utimes } from 'node:fs/promises';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { ProcedureStep } from '#libs/dimse';
import { IngestService, Pseudonyms } from '#services/ingest';
import { ProcedureSteps } from '../../../../services/ingest/register/procedure-steps.js';
import { studyRegister } from '../../../../services/ingest/register/study-register.js';
import { completedStudies } from '../../../helpers/completed-studies.js';
import { runPython, withoutPynetdicom } from '../../../helpers/python-peer.js';
import { until } from '../../../helpers/until.js';
import { harnessLog, startHarness, temporaryFolder, TEST_KEY } from '../_ingest.js';
import { createIngestor } from '../_ingest.js';
import { sliceBytes } from './_objects.js';

const SCRIPT = path.join(import.meta.dirname, 'mpps.py');
const STUDY = '1.2.3.1';
const studyId = new Pseudonyms('site-a', Buffer.from(TEST_KEY)).study(STUDY)!;

async function startSite(t: TestContext) {
  const dataDir = await temporaryFolder(t);
  const harness = await startHarness(t, {
    SULCUS_DATA_DIR: dataDir,
    SULCUS_DICOM_ADDRESS: '127.0.0.1:0',
    SULCUS_DICOM_CALLERS: 'MR1',
  });
  const { bus, config } = harness;
  const start = async () => {
    const service = await IngestService.start({ bus, config, log: harnessLog(harness), instance: 'test' });
    t.after(() => service.stop(0));
    return {
      service,
      tell: (...messages: string[]) => runPython<number[]>(SCRIPT, [String(service.dicomPort), ...messages]),
    };
  };
  return { harness, dataDir, start, completed: completedStudies(t, bus) };
}

describe('performed procedure steps', { skip: withoutPynetdicom }, () => {
  test('a study is complete when its steps have ended and all that they name has come, localizers too', async (t) => {
    const { harness, start, completed } = await startSite(t);
    const { service, tell } = await start();
    const port = service.dicomPort!;
    assert.ok(port > 0);
    const send = async (...slices: Buffer[]): Promise<void> => {
      // By the service's own pipeline: its steps must hear of the objects.
      const { storeObjects } = await import('#libs/dimse');
      const { parseDicom } = await import('#libs/dicom');
      const peer = { title: 'SULCUS', host: '127.0.0.1', port };
      const objects = slices.map((slice) => parseDicom(slice).dataSet);
      const answers = await storeObjects({ peer, callingTitle: 'MR1', timeoutMs: 10_000 }, objects);
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([0]));
    };
    assert.deepEqual(await tell(`create=1.9.1,${STUDY}`, `create=1.9.2,${STUDY}`), [0, 0]);
    await send(sliceBytes({}, 1), sliceBytes({ ImageType: 'ORIGINAL\\PRIMARY\\LOCALIZER' }, 3));
    assert.deepEqual(await tell('set=1.9.1,COMPLETED,1.2.3.4.1,1.2.3.4.3,1.2.3.4.2'), [0]);
    await send(sliceBytes({}, 2));
    assert.deepEqual(completed, [], 'the other step goes on');
    assert.deepEqual(await tell('set=1.9.2,DISCONTINUED'), [0]);
    await until(() => completed.length === 1, 'the study is complete');
    assert.deepEqual(completed, [{ studyId, samples: 2 }]);
    assert.ok(harness.logged.every(({ level }) => level !== 'error'));
  });

  test('steps are known after a restart: a step that ended waits for its images', async (t) => {
    const { harness, dataDir, start, completed } = await startSite(t);
    const first = await start();
    assert.deepEqual(await first.tell(`create=1.9.1,${STUDY}`, 'set=1.9.1,COMPLETED,1.2.3.4.1'), [0, 0]);
    await first.service.stop();
    const files = await readdir(path.join(dataDir, 'steps'));
    assert.equal(files.length, 1);
    assert.doesNotMatch((await readFile(path.join(dataDir, 'steps', files[0]!))).toString('latin1'), /1\.2\.3|1\.9\.1/);
    const { ingestor } = createIngestor(t, harness);
    await ingestor.ingestImage({ bytes: sliceBytes({}, 1), source: 'test' });
    await until(() => completed.length === 1, 'the study is complete');
    assert.deepEqual(completed, [{ studyId, samples: 1 }]);
  });

  test('messages that do not fit are refused: a step twice, an unknown one, one that has ended, none', async (t) => {
    const { start } = await startSite(t);
    const { tell } = await start();
    const statuses = await tell(
      ...[`create=1.9.1,${STUDY}`, `create=1.9.1,${STUDY}`, 'set=1.9.7,COMPLETED'],
      ...['set=1.9.1,COMPLETED', 'set=1.9.1,DISCONTINUED', 'create=1.9.8', 'set=1.9.8,MAYBE'],
    );
    assert.deepEqual(statuses, [0, 0x0111, 0x0112, 0, 0x0110, 0x0106, 0x0106]);
    // A step without a name gets one.
    assert.deepEqual(await tell(`create=,${STUDY}`), [0]);
  });
});

test('steps are forgotten when they do not matter any more, in memory and on the disk', async (t) => {
  const dataDir = await temporaryFolder(t);
  const pseudonyms = new Pseudonyms('site-a', Buffer.from(TEST_KEY));
  const day = 24 * 3_600_000;
  let nowUnixMs = Date.now();
  const open = () =>
    new ProcedureSteps({
      folder: path.join(dataDir, 'steps'),
      pseudonyms,
      register: studyRegister(dataDir, pseudonyms),
      now: () => nowUnixMs,
      onComplete: async () => undefined,
    });
  const message = (kind: ProcedureStep['kind'], uid: string, status: ProcedureStep['status']): ProcedureStep => {
    const studyUids = kind === 'create' ? [STUDY] : [];
    return { kind, sopInstanceUid: uid, status, studyUids, objectUids: ['1.2.3.4.1'] };
  };
  const files = () => readdir(path.join(dataDir, 'steps'));
  const steps = open();
  for (const uid of ['1.1', '1.2', '1.3'])
    assert.equal(await steps.handle(message('create', uid, 'IN PROGRESS')), 'success');
  assert.equal(await steps.handle(message('set', '1.1', 'COMPLETED')), 'success');
  assert.equal(await steps.handle(message('set', '1.1', 'COMPLETED')), 'final');
  assert.equal((await files()).length, 3);
  // The next day but one: who ended is forgotten, who goes on is not.
  nowUnixMs += 2 * day;
  assert.equal(await steps.handle(message('set', '1.1', 'COMPLETED')), 'unknown');
  assert.equal(await steps.handle(message('set', '1.2', 'COMPLETED')), 'success');
  assert.equal((await files()).length, 2);
  // A week later all are, also for who starts then.
  nowUnixMs += 8 * day;
  assert.equal(await steps.handle(message('set', '1.3', 'COMPLETED')), 'unknown');
  assert.equal((await files()).length, 0);
  assert.equal(await steps.handle(message('create', '1.4', 'IN PROGRESS')), 'success');
  const [last] = await files();
  for (const [age, answer, left] of [
    [3 * day, 'success', 1],
    [8 * day, 'unknown', 0],
  ] as const) {
    const changed = new Date(nowUnixMs - age);
    await utimes(path.join(dataDir, 'steps', last!), changed, changed);
    assert.equal(await open().handle(message('set', '1.4', undefined)), answer);
    assert.equal((await files()).length, left);
  }
});
