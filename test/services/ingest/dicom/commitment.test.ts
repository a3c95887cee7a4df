import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { subjects } from '#libs/bus';
import { runDcmtk, withoutDcmtk } from '../../../helpers/dcmtk.js';
import { freePort } from '../../../helpers/nats.js';
import { lastingPort } from '../../../helpers/ports.js';
import { runPython, withoutPynetdicom } from '../../../helpers/python-peer.js';
import { until } from '../../../helpers/until.js';
import { readScans, startHarness, startService, temporaryFolder } from '../_ingest.js';
import { MR, sliceBytes } from './_objects.js';

const SCRIPT = path.join(import.meta.dirname, 'commit.py');

interface Told {
  status?: number;
  refused?: boolean;
  type?: number;
  isOurs?: boolean;
  kept?: string[];
  failed?: Record<string, number>;
  by?: string;
}

async function startSite(t: TestContext, environment: Record<string, string> = {}) {
  const dataDir = await temporaryFolder(t);
  const harness = await startHarness(t, {
    SULCUS_DATA_DIR: dataDir,
    SULCUS_DICOM_ADDRESS: '127.0.0.1:0',
    SULCUS_DICOM_CALLERS: 'MR1',
    ...environment,
  });
  const { service } = await startService(t, harness);
  const port = String(service.dicomPort);
  const send = async (...slices: Buffer[]): Promise<void> => {
    const folder = await temporaryFolder(t);
    const files = slices.map((_, index) => path.join(folder, `${index}.dcm`));
    await Promise.all(slices.map((slice, index) => writeFile(files[index]!, slice)));
    const { code, output } = await runDcmtk('storescu', ['-aet', 'MR1', '-aec', 'SULCUS', '127.0.0.1', port, ...files]);
    assert.equal(code, 0, output);
  };
  return { harness, service, dataDir, send, ask: (...args: string[]) => runPython<Told>(SCRIPT, [port, ...args]) };
}

const reference = (seed: number, sopClass = MR): string => `${sopClass}=1.2.3.4.${seed}`;

describe('storage commitment', { skip: withoutDcmtk || withoutPynetdicom }, () => {
  test('is given for what is on SCANS, and for nothing else: each failure has its reason', async (t) => {
    const { send, ask, harness } = await startSite(t);
    await send(sliceBytes({}, 1), sliceBytes({}, 2), sliceBytes({ ImageType: 'ORIGINAL\\PRIMARY\\LOCALIZER' }, 3));
    assert.deepEqual(await ask(reference(1), reference(2)), {
      ...{ status: 0, type: 1, isOurs: true, kept: ['1.2.3.4.1', '1.2.3.4.2'], failed: {}, by: 'MR1' },
    });
    const mixed = await ask('--implicit', reference(1), reference(3), reference(9), reference(2, '1.2.3'));
    assert.equal(mixed.type, 2);
    assert.deepEqual(mixed.kept, ['1.2.3.4.1']);
    assert.deepEqual(mixed.failed, { '1.2.3.4.3': 0x0112, '1.2.3.4.9': 0x0112, '1.2.3.4.2': 0x0119 });
    // What was there and is gone is not there.
    const [first] = await readScans(harness.bus);
    await harness.bus.deleteSubject('SCANS', subjects.scan('site-a', first!.message.sampleId));
    assert.deepEqual((await ask(reference(1), reference(2))).kept, ['1.2.3.4.2']);
  });

  test('is known after a restart, from a register that nobody reads without the key', async (t) => {
    const first = await startSite(t);
    await first.send(sliceBytes({}, 1), sliceBytes({ StudyInstanceUID: '1.2.3.77' }, 5));
    await first.service.stop();
    const again = await startService(t, first.harness);
    assert.deepEqual(
      (await runPython<Told>(SCRIPT, [String(again.service.dicomPort), reference(1), reference(5)])).kept,
      ['1.2.3.4.1', '1.2.3.4.5'],
    );
    const register = path.join(first.dataDir, 'register');
    const files = await readdir(register);
    assert.equal(files.length, 2);
    const bytes = Buffer.concat(await Promise.all(files.map((name) => readFile(path.join(register, name)))));
    assert.doesNotMatch(bytes.toString('latin1'), /Doe|MRN|1\.2\.3\./);
  });

  test('a sender that has hung up is called back where its address is known; else that is said', async (t) => {
    const listen = String(await freePort());
    const known = await startSite(t, { SULCUS_DICOM_PEERS: `MR1@127.0.0.1:${listen}` });
    await known.send(sliceBytes({}, 1));
    const told = await known.ask('--listen', listen, reference(1));
    assert.deepEqual(told, { status: 0, type: 1, isOurs: true, kept: ['1.2.3.4.1'], failed: {}, by: 'SULCUS' });
  });

  test('a sender that could not be told before a restart is told after it, once', async (t) => {
    const listen = String(await lastingPort());
    const first = await startSite(t, { SULCUS_DICOM_PEERS: `MR1@127.0.0.1:${listen}` });
    await first.send(sliceBytes({}, 1));
    const transaction = ['--transaction', '1.2.3.99'];
    assert.equal((await first.ask(reference(1), reference(9), ...transaction, '--hang-up')).status, 0);
    const pending = path.join(first.dataDir, 'commitments');
    assert.equal((await readdir(pending)).length, 1);
    const [file] = await readdir(pending);
    assert.doesNotMatch((await readFile(path.join(pending, file!))).toString('latin1'), /1\.2\.3\.|MR1/);
    await first.service.stop(0);
    assert.equal((await readdir(pending)).length, 1, 'nobody listened');
    await startService(t, first.harness);
    assert.deepEqual(await first.ask(...transaction, '--listen', listen), {
      ...{ type: 2, isOurs: true, kept: ['1.2.3.4.1'], failed: { '1.2.3.4.9': 0x0112 }, by: 'SULCUS' },
    });
    await until(async () => (await readdir(pending)).length === 0, 'nothing is pending');
  });

  test('a request that names nothing is refused', async (t) => {
    const { ask, harness } = await startSite(t);
    assert.equal((await ask()).status, 0x0115);
    await until(() => harness.logged.every(({ level }) => level !== 'error'), 'nothing failed');
  });
});
