import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { parseDicom, textElement, writeDicom } from '#libs/dicom';
import { SulcusError } from '#libs/errors';
import { IngestService, readConfig } from '#services/ingest';
import { dicomTlsOf } from '../../../../services/ingest/sources/dicom/dicom-tls.js';
import { dcmtk, runDcmtk, withoutDcmtk } from '../../../helpers/dcmtk.js';
import { freePort } from '../../../helpers/nats.js';
import { runPython, withoutPynetdicom } from '../../../helpers/python-peer.js';
import { until } from '../../../helpers/until.js';
import { harnessLog, readDeadLetters, readScans, startHarness, startService, temporaryFolder } from '../_ingest.js';
import { fixtureBytes, MR, sliceBytes } from './_objects.js';

const CT = '1.2.840.10008.5.1.4.1.1.2';
const fixturePath = (name: string): string => path.resolve(import.meta.dirname, `../../../fixtures/dicom/${name}.dcm`);

async function startSite(t: TestContext, environment: Record<string, string> = {}) {
  const harness = await startHarness(t, {
    SULCUS_DATA_DIR: await temporaryFolder(t),
    SULCUS_DICOM_ADDRESS: '127.0.0.1:0',
    SULCUS_DICOM_CALLERS: 'MR1@127.0.0.1',
    ...environment,
  });
  const { service } = await startService(t, harness);
  const to = ['-aet', 'MR1', '-aec', 'SULCUS', '127.0.0.1', String(service.dicomPort)];
  return { harness, service, to };
}

/** A fixture under a UID of its own: lossy compression makes another picture. What is not compressed stays as it is. */
function named(name: string): Buffer {
  const { dataSet, syntax } = parseDicom(fixtureBytes(name));
  if (!syntax.compression) return fixtureBytes(name);
  const uid = textElement('SOPInstanceUID', `1.2.3.5.${[...Buffer.from(name)].join('.')}`);
  dataSet.elements.set(uid.tag, uid);
  return writeDicom(dataSet, syntax.uid);
}

/** Stores a file under a name of the caller's choice: class and instance. */
const storeAs = (title: string, port: number, file: string, name: readonly string[]) =>
  runPython<{ status: number; comment: string }>(path.join(import.meta.dirname, 'store-as.py'), [
    String(port),
    title,
    file,
    ...name,
  ]);

/** DCMTK's own storage SCP. @returns its port */
async function startStorescp(t: TestContext): Promise<number> {
  const port = await freePort();
  const scp = spawn(dcmtk('storescp')!, ['-od', await temporaryFolder(t), String(port)], { stdio: 'ignore' });
  t.after(() => scp.kill());
  const to = ['127.0.0.1', String(port)];
  await until(async () => (await runDcmtk('echoscu', to)).code === 0, 'storescp answers');
  return port;
}

/** A slice as a file, for a sender. */
async function sliceFile(t: TestContext, ...parameters: Parameters<typeof sliceBytes>): Promise<string> {
  const file = path.join(await temporaryFolder(t), 'slice.dcm');
  await writeFile(file, sliceBytes(...parameters));
  return file;
}

describe('DICOM from the network', { skip: withoutDcmtk }, () => {
  test('C-ECHO is answered; who is not on the list, or calls another title, is refused', async (t) => {
    const { to, harness } = await startSite(t);
    assert.equal((await runDcmtk('echoscu', to)).code, 0);
    const stranger = await runDcmtk('echoscu', ['-aet', 'MR2', ...to.slice(2)]);
    assert.match(stranger.output, /Calling AE Title Not Recognized/);
    const mistaken = await runDcmtk('echoscu', ['-aet', 'MR1', '-aec', 'OTHER', ...to.slice(4)]);
    assert.match(mistaken.output, /Called AE Title Not Recognized/);
    assert.equal(harness.logged.filter(({ msg }) => /an association was refused/.test(msg)).length, 2);
  });

  test('success is said when the sample is on SCANS; sending again is success and adds nothing', async (t) => {
    const { to, harness } = await startSite(t);
    for (let time = 0; time < 2; time++) {
      const { code, output } = await runDcmtk('storescu', ['-v', ...to, fixturePath('explicit')]);
      assert.equal(code, 0, output);
      assert.match(output, /Received Store Response \(Success\)/);
      assert.equal((await readScans(harness.bus)).length, 1);
    }
  });

  test('every transfer syntax that a scanner sends is taken as it is sent', async (t) => {
    const { to, harness } = await startSite(t);
    const folder = await temporaryFolder(t);
    const sent = {
      implicit: '-xi',
      deflated: '-xd',
      'big-endian': '-xb',
      rle: '-xr',
      'jpeg-baseline': '-xy',
      'jpeg-extended': '-xx',
      'jpeg-lossless': '-xs',
      'jpeg-ls': '-xt',
      'jpeg-ls-near': '-xu',
      jpeg2000: '-xv',
      'jpeg2000-lossy': '-xw',
    };
    for (const [name, option] of Object.entries(sent)) {
      for (const combined of ['rle', 'jpeg-lossless', 'jpeg-ls', 'jpeg2000'].includes(name) ? [[], ['+C']] : [[]]) {
        const file = path.join(folder, `${name}.dcm`);
        await writeFile(file, named(name));
        const { code, output } = await runDcmtk('storescu', [...combined, option, ...to, file]);
        assert.equal(code, 0, `${name} ${combined.join()}: ${output}`);
      }
    }
    const scans = await readScans(harness.bus);
    assert.ok(scans.length >= 5);
    assert.equal((await readDeadLetters(harness.bus)).length, 0);
  });

  test('localizers are success and counted; what is damaged or burned in fails with a text and stays', async (t) => {
    const { to, harness, service } = await startSite(t);
    const localizer = await sliceFile(t, { ImageType: 'ORIGINAL\\PRIMARY\\LOCALIZER' }, 2);
    assert.equal((await runDcmtk('storescu', [...to, localizer])).code, 0);
    const burned = await runDcmtk('storescu', ['-v', ...to, await sliceFile(t, { BurnedInAnnotation: 'YES' }, 3)]);
    assert.notEqual(burned.code, 0);
    const pdf = await sliceFile(t, { SOPClassUID: '1.2.840.10008.5.1.4.1.1.104.1' }, 4);
    assert.equal((await runDcmtk('storescu', [...to, pdf])).code, 0);
    assert.deepEqual(await readScans(harness.bus), []);
    const [dead, ...others] = await readDeadLetters(harness.bus);
    assert.equal(others.length, 0);
    assert.match(dead!.cause, /stays at the site/);
    assert.equal(dead!.original ?? undefined, undefined);
    assert.doesNotMatch(JSON.stringify(dead), /Doe|MRN|1\.2\.3\./);
    assert.ok(service.dicomPort);
  });

  const skip = withoutPynetdicom;
  test('what its request does not name is held, and 0xA900 to its sender, as of DCMTK', { skip }, async (t) => {
    const { service, to, harness } = await startSite(t);
    const file = await sliceFile(t, {}, 7);
    const scps = { SULCUS: service.dicomPort!, DCMTK: await startStorescp(t) };
    for (const [sopClass, sopInstance, what] of [
      [MR, '1.2.3.4.8', 'instance'],
      [CT, '1.2.3.4.7', 'class'],
    ] as const)
      for (const [title, port] of Object.entries(scps)) {
        const told = await storeAs(title, port, file, [sopClass, sopInstance]);
        assert.equal(told.status, 0xa900, title);
        if (title === 'SULCUS')
          assert.equal(told.comment, `The SOP ${what} of the data set is not that of the request`);
      }
    assert.deepEqual(await readScans(harness.bus), []);
    const dead = await readDeadLetters(harness.bus);
    assert.deepEqual(
      dead.map(({ code }) => code),
      ['INVALID_ARGUMENT', 'INVALID_ARGUMENT'],
    );
    assert.doesNotMatch(JSON.stringify(dead), /Doe|MRN|1\.2\.3\./);
    // Under its own name it is taken in.
    assert.equal((await storeAs('SULCUS', service.dicomPort!, file, [MR, '1.2.3.4.7'])).status, 0);
    assert.equal((await runDcmtk('storescu', [...to, file])).code, 0);
    assert.equal((await readScans(harness.bus)).length, 1);
  });

  test('while the pipeline is full a sender is told 0xA700, and succeeds when there is room', async (t) => {
    const { to, harness } = await startSite(t, { SULCUS_DICOM_WAIT: '500ms' });
    await harness.bus.ensureTopology({ maxBytes: { SCANS: 1000 } });
    const { code, output } = await runDcmtk('storescu', ['-v', ...to, fixturePath('explicit')]);
    assert.equal(code, 0xa7, output);
    assert.match(output, /OutOfResources|Out of Resources/i);
    await harness.bus.ensureTopology({ maxBytes: { SCANS: 10e6 } });
    assert.equal((await runDcmtk('storescu', [...to, fixturePath('explicit')])).code, 0);
    assert.equal((await readScans(harness.bus)).length, 1);
  });

  test('senders that hang up, talk nonsense or announce endless units do no harm', async (t) => {
    const { service, to } = await startSite(t);
    const port = service.dicomPort!;
    const says = (bytes: Buffer): Promise<void> =>
      new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1', () =>
          socket.write(bytes, () => setTimeout(() => socket.destroy(), 100)),
        );
        socket.on('error', () => undefined).on('close', () => resolve());
      });
    await says(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    await says(Buffer.from([1, 0, 0xff, 0xff, 0xff, 0xf0, 0, 0]));
    await says(Buffer.from([4, 0, 0, 0, 0, 4, 0, 0, 0, 0]));
    await says(Buffer.alloc(100));
    await runDcmtk('storescu', ['--abort', ...to, fixturePath('explicit')]);
    assert.equal((await runDcmtk('echoscu', to)).code, 0);
  });
});

test('an address without anybody who may send is a mistake of configuration', async (t) => {
  const harness = await startHarness(t, { SULCUS_DICOM_ADDRESS: '127.0.0.1:0' });
  const { bus, config } = harness;
  await assert.rejects(
    IngestService.start({ bus, config, log: harnessLog(harness), instance: 'test' }),
    (error) =>
      error instanceof SulcusError && error.code === 'INVALID_CONFIG' && /SULCUS_DICOM_CALLERS/.test(error.message),
  );
  assert.throws(() => readConfig({ SULCUS_DICOM_CALLERS: 'A TITLE THAT IS TOO LONG' }), /AE title/);
  assert.ok(fixtureBytes('explicit').length > 0);
});

test('settings of TLS that do not fit each other are mistakes, each with its name', async (t) => {
  const { config } = await startHarness(t, {
    SULCUS_DICOM_ADDRESS: '127.0.0.1:0',
    SULCUS_DICOM_CALLERS: 'MR1=mr1.org',
  });
  assert.throws(() => dicomTlsOf(config), /certificate of MR1: set SULCUS_DICOM_TLS_CLIENT_CA/);
  const callers = [{ title: 'MR1' }];
  assert.equal(dicomTlsOf({ ...config, dicomCallers: callers }), undefined);
  assert.throws(
    () => dicomTlsOf({ ...config, dicomCallers: callers, dicomTlsCertificate: 'edge.pem' }),
    /both SULCUS_DICOM_TLS_CERTIFICATE and SULCUS_DICOM_TLS_KEY/,
  );
});

test('an address that other machines reach needs TLS, or the word that the network keeps others out', async (t) => {
  const open = { SULCUS_DICOM_ADDRESS: '0.0.0.0:0', SULCUS_DICOM_CALLERS: 'MR1' };
  const harness = await startHarness(t, open);
  await assert.rejects(startService(t, harness), {
    code: 'INVALID_CONFIG',
    message: /0\.0\.0\.0:0 is reached from other machines.*SULCUS_DICOM_TLS_CERTIFICATE/,
  });
  const meant = await startHarness(t, { ...open, SULCUS_INSECURE: 'true' });
  assert.ok((await startService(t, meant)).service.dicomPort! > 0);
});
