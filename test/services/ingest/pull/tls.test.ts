import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { createServer } from 'node:tls';
import { createAuthority, issueCertificate, type CertifiedKey } from '#libs/access';
import { startOrthanc, withoutOrthanc } from '../../../helpers/orthanc.js';
import { lastingPort } from '../../../helpers/ports.js';
import { until } from '../../../helpers/until.js';
import { readScans, startHarness, startService, temporaryFolder, type Harness } from '../_ingest.js';
import { rulesFile, rulesOf, sliceOf } from './_rules.js';

const [hospital, stranger] = [createAuthority('hospital', 10), createAuthority('somebody else', 10)];
const pacs = issueCertificate(hospital, { name: 'pacs', uri: 'urn:pacs', hosts: ['localhost'] }, 10);
const site = issueCertificate(hospital, { name: 'site', uri: 'urn:site', hosts: ['localhost'] }, 10);

/** What is in front of an archive: it ends TLS, and demands a certificate of the hospital's authority. */
async function front(t: TestContext, port: number): Promise<number> {
  const server = createServer(
    { cert: pacs.certificate, key: pacs.key, ca: hospital.certificate, requestCert: true, rejectUnauthorized: true },
    (encrypted) => {
      const plain = connect(port, '127.0.0.1');
      for (const [one, other] of [
        [encrypted, plain],
        [plain, encrypted],
      ] as const)
        one
          .on('error', () => other.destroy())
          .on('close', () => other.destroy())
          .pipe(other);
    },
  );
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  const ownPort = await lastingPort();
  await new Promise<void>((resolve) => server.listen(ownPort, 'localhost', resolve));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return ownPort;
}

interface Files {
  authorities: string;
  certificate?: string;
  key?: string;
}

async function filesOf(t: TestContext, authority: CertifiedKey, own?: CertifiedKey): Promise<Files> {
  const folder = path.join(await temporaryFolder(t), 'tls');
  await mkdir(folder);
  const authorities = path.join(folder, 'ca.pem');
  await writeFile(authorities, authority.certificate);
  if (!own) return { authorities };
  const [certificate, key] = [path.join(folder, 'site.pem'), path.join(folder, 'site.key')];
  await Promise.all([writeFile(certificate, own.certificate), writeFile(key, own.key)]);
  return { authorities, certificate, key };
}

describe('pulling over TLS', { skip: withoutOrthanc }, () => {
  const ways: Record<
    string,
    (ports: { http: number; dicom: number }) => { port: number; peer: (port: number) => object }
  > = {
    DICOMweb: ({ http }) => ({ port: http, peer: (port) => ({ dicomweb: `https://localhost:${port}/dicom-web` }) }),
    'C-GET': ({ dicom }) => ({
      port: dicom,
      peer: (port) => ({ dicom: { peer: `ORTHANC@localhost:${port}`, retrieve: 'get' } }),
    }),
  };
  for (const [name, way] of Object.entries(ways))
    test(`${name}: both ends show certificates; without ours, or to a stranger, nothing goes`, async (t) => {
      const { url, dicomPort, add } = await startOrthanc(t);
      await add(sliceOf(1));
      const { port, peer } = way({ http: Number(new URL(url).port), dicom: dicomPort });
      const at = peer(await front(t, port));
      const pulling = async (files: Files): Promise<Harness> => {
        const harness = await startHarness(t, {
          SULCUS_PULL_RULES: await rulesFile(t, rulesOf({ ...at, ...files })),
        });
        await startService(t, harness);
        return harness;
      };
      const known = await pulling(await filesOf(t, hospital, site));
      await until(async () => (await readScans(known.bus)).length === 1, `the slice by ${name}`, 30_000);
      for (const files of [await filesOf(t, stranger, site), await filesOf(t, hospital)]) {
        const refused = await pulling(files);
        await until(() => refused.logged.some(({ msg }) => /could not be asked/.test(msg)), 'a refusal', 30_000);
        assert.equal((await readScans(refused.bus)).length, 0);
      }
    });
});
