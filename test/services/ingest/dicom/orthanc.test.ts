import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { dataSetOf, type DataSet } from '#libs/dicom';
import { parsePeer, storeObjects } from '#libs/dimse';
import { programOf } from '../../../helpers/dcmtk.js';
import { freePort } from '../../../helpers/nats.js';
import { until } from '../../../helpers/until.js';
import { readScans, startHarness, startService, temporaryFolder } from '../_ingest.js';
import { slice, sliceBytes } from './_objects.js';

const ORTHANC = programOf('orthanc', 'Orthanc');

interface Ports {
  dicom: number;
  http: number;
}

/** A PACS of Orthanc that knows us as `sulcus`, with its own answers as JSON. */
async function startOrthanc(t: TestContext, { dicom, http }: Ports, sulcusPort: number) {
  const folder = await temporaryFolder(t);
  const settings = {
    ...{ Name: 'test', StorageDirectory: folder, IndexDirectory: folder, Plugins: [] },
    ...{ DicomAet: 'ORTHANC', DicomPort: dicom, HttpPort: http, RemoteAccessAllowed: false },
    DicomModalities: { sulcus: ['SULCUS', '127.0.0.1', sulcusPort] },
  };
  const file = path.join(folder, 'orthanc.json');
  await writeFile(file, JSON.stringify(settings));
  const orthanc = spawn(ORTHANC!, [file], { stdio: 'ignore' });
  const ended = new Promise((resolve) => orthanc.on('exit', resolve));
  t.after(async () => {
    orthanc.kill();
    await ended;
  });
  const ask = async <T>(what: string, body?: Uint8Array | object): Promise<T> => {
    const isBytes = body instanceof Uint8Array;
    const response = await fetch(`http://127.0.0.1:${http}/${what}`, {
      ...(body && { method: 'POST', body: isBytes ? body : JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${what}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  const answers = (): Promise<boolean> =>
    ask('system').then(
      () => true,
      () => false,
    );
  await until(answers, 'Orthanc answers', 30_000);
  return ask;
}

async function startSite(t: TestContext) {
  const ports = { dicom: await freePort(), http: await freePort() };
  const harness = await startHarness(t, {
    SULCUS_DICOM_ADDRESS: '127.0.0.1:0',
    SULCUS_DICOM_CALLERS: 'ORTHANC@127.0.0.1',
    SULCUS_DICOM_PEERS: `ORTHANC@127.0.0.1:${ports.dicom}`,
  });
  const { service } = await startService(t, harness);
  return { harness, ports, ask: await startOrthanc(t, ports, service.dicomPort!) };
}

const without = (dataSet: DataSet, tag: number): DataSet =>
  dataSetOf([...dataSet.elements.values()].filter((element) => element.tag !== tag));

describe('Orthanc', { skip: ORTHANC ? false : 'there is no Orthanc here: npm run setup:peers brings it' }, () => {
  test('sends a study, and is told that what it sent is committed to, and nothing else', async (t) => {
    const { harness, ask } = await startSite(t);
    const ids: string[] = [];
    for (const seed of [1, 2, 3]) ids.push((await ask<{ ID: string }>('instances', sliceBytes({}, seed))).ID);
    await ask('modalities/sulcus/echo', {});
    await ask('modalities/sulcus/store', ids.slice(0, 2));
    assert.equal((await readScans(harness.bus)).length, 2);
    const { ID } = await ask<{ ID: string }>('modalities/sulcus/storage-commitment', { Resources: ids });
    const report = () =>
      ask<{ Status: string; Success: { SOPInstanceUID: string }[]; Failures: { SOPInstanceUID: string }[] }>(
        `storage-commitment/${ID}`,
      );
    await until(async () => (await report()).Status !== 'Pending', 'Orthanc has been told');
    const { Status, Success, Failures } = await report();
    assert.equal(Status, 'Failure');
    assert.deepEqual(Success.map(({ SOPInstanceUID }) => SOPInstanceUID).sort(), ['1.2.3.4.1', '1.2.3.4.2']);
    assert.deepEqual(
      Failures.map(({ SOPInstanceUID }) => SOPInstanceUID),
      ['1.2.3.4.3'],
    );
  });

  test('takes objects that we send, and refuses what is none, with its status', async (t) => {
    const { ask, ports } = await startSite(t);
    const peer = parsePeer(`ORTHANC@127.0.0.1:${ports.dicom}`);
    const to = { peer, callingTitle: 'SULCUS', timeoutMs: 10_000 };
    assert.deepEqual(
      (await storeObjects(to, [slice({}, 1), slice({}, 2)])).map(({ status }) => status),
      [0, 0],
    );
    assert.equal((await ask<string[]>('instances')).length, 2);
    const [nameless] = await storeObjects(to, [without(slice({}, 3), 0x0020000d)]);
    assert.notEqual(nameless!.status, 0);
  });
});
