import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect } from 'node:tls';
import { describe, it, type TestContext } from 'node:test';
import { createAuthority, issueCertificate, type CertifiedKey } from '#libs/access';
import { parseCaller, startStoreScp, type DimseTls, type ScpNotice } from '#libs/dimse';
import { runDcmtk, withoutDcmtk } from '../../helpers/dcmtk.js';
import { until } from '../../helpers/until.js';

const FILE = path.resolve(import.meta.dirname, '../../fixtures/dicom/explicit.dcm');

const [ours, theirs] = [createAuthority('hospital', 10), createAuthority('somebody else', 10)];
const SCANNER = { name: 'mr1', uri: 'urn:mr1', hosts: ['mr1.example.org'] };
const scanner = issueCertificate(ours, SCANNER, 10);
const stranger = issueCertificate(theirs, SCANNER, 10);
const server = issueCertificate(ours, { name: 'edge', uri: 'urn:edge', hosts: ['localhost'] }, 10);

async function filesOf(folder: string, name: string, { certificate, key }: CertifiedKey) {
  const files = { certificate: path.join(folder, `${name}.pem`), key: path.join(folder, `${name}.key`) };
  await Promise.all([writeFile(files.certificate, certificate), writeFile(files.key, key)]);
  return files;
}

async function start(t: TestContext, clients: DimseTls['clients'], callers = ['*']) {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-dimse-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const authorities = path.join(folder, 'ca.pem');
  await writeFile(authorities, ours.certificate);
  const own = await filesOf(folder, 'edge', server);
  const [known, unknown] = [await filesOf(folder, 'mr1', scanner), await filesOf(folder, 'other', stranger)];
  const notices: ScpNotice[] = [];
  let received = 0;
  const scp = await startStoreScp({
    ...{ host: '127.0.0.1', port: 0, title: 'SCP', callers: callers.map(parseCaller) },
    ...{ maxAssociations: 8, maxObjectBytes: 1e6, idleTimeoutMs: 30_000 },
    tls: { files: { ...own, authorities: clients === 'none' ? undefined : authorities }, clients },
    onNotice: (notice) => notices.push(notice),
    onObject: () => Promise.resolve({ status: ++received > 0 ? 'success' : 'failed', comment: '' }),
  });
  t.after(() => scp.stop(0));
  const to = ['-aet', 'MR1', '-aec', 'SCP', '127.0.0.1', String(scp.port)];
  const by = ({ key, certificate }: typeof known): string[] => ['+tls', key, certificate, '+cf', authorities];
  return {
    ...{ scp, notices, own, folder, authorities, to, received: () => received },
    known: [...by(known), ...to],
    unknown: [...by(unknown), ...to],
    nameless: ['+tla', '+cf', authorities, ...to],
  };
}

describe('DICOM over TLS', { skip: withoutDcmtk }, () => {
  it('echo and storage come through, with a certificate where one is demanded', async (t) => {
    const { known, unknown, nameless, to, received, notices } = await start(t, 'required');
    assert.equal((await runDcmtk('echoscu', known)).code, 0);
    assert.equal((await runDcmtk('storescu', [...known, FILE])).code, 0);
    assert.equal(received(), 1);
    for (const refused of [unknown, nameless, to])
      assert.notEqual((await runDcmtk('storescu', [...refused, FILE])).code, 0);
    assert.equal(received(), 1);
    await until(() => notices.filter(({ kind }) => kind === 'no-tls').length === 3, 'three refusals were told');
  });

  it('where a certificate is optional, nobody needs one, and one that is shown must be known', async (t) => {
    const { known, unknown, nameless } = await start(t, 'optional');
    assert.equal((await runDcmtk('echoscu', known)).code, 0);
    assert.equal((await runDcmtk('echoscu', nameless)).code, 0);
    assert.notEqual((await runDcmtk('echoscu', unknown)).code, 0);
  });

  it('the allow list names senders by what their certificates say, or by fingerprint', async (t) => {
    const fingerprint = createHash('sha256').update(new X509Certificate(scanner.certificate).raw).digest('hex');
    for (const name of ['mr1', 'mr1.example.org', 'urn:mr1', `sha256:${fingerprint}`]) {
      const { known, nameless } = await start(t, 'optional', [`MR1@127.0.0.1=${name}`]);
      assert.equal((await runDcmtk('echoscu', known)).code, 0, name);
      assert.match((await runDcmtk('echoscu', nameless)).output, /Calling AE Title Not Recognized/, name);
    }
    const { known } = await start(t, 'optional', ['MR1=mr2.example.org']);
    assert.match((await runDcmtk('echoscu', known)).output, /Calling AE Title Not Recognized/);
  });

  it('what is older than TLS 1.2, or does not agree keys anew, is refused', async (t) => {
    const { scp } = await start(t, 'none');
    const shake = (options: object): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect({ port: scp.port, host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => {
          resolve(socket.getProtocol() ?? '');
          socket.destroy();
        });
        socket.on('error', () => resolve('refused'));
      });
    assert.equal(await shake({}), 'TLSv1.3');
    assert.equal(await shake({ maxVersion: 'TLSv1.2' }), 'TLSv1.2');
    assert.equal(await shake({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }), 'refused');
    assert.equal(await shake({ maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }), 'refused');
    assert.equal(await shake({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-SHA' }), 'refused');
  });

  it('a renewed certificate is taken into use without a restart; files that do not fit change nothing', async (t) => {
    const { own, folder, notices, scp } = await start(t, 'none');
    const shown = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect({ port: scp.port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
          resolve(socket.getPeerCertificate().fingerprint256);
          socket.destroy();
        });
        socket.on('error', reject);
      });
    const before = await shown();
    await writeFile(own.certificate, 'no certificate');
    await until(() => notices.some(({ kind }) => kind === 'not-renewed'), 'the mistake is told', 20_000);
    assert.equal(await shown(), before);
    const renewed = issueCertificate(ours, { name: 'edge', uri: 'urn:edge' }, 10);
    await filesOf(folder, 'edge', renewed);
    await until(() => notices.some(({ kind }) => kind === 'renewed'), 'the renewal is told', 20_000);
    assert.equal(await shown(), new X509Certificate(renewed.certificate).fingerprint256);
  });
});
