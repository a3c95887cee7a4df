import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test, type TestContext } from 'node:test';
import { createAuthority, issueCertificate, type CertifiedKey } from '#libs/access';
import { connectBus } from '#libs/bus';
import { startNats, type TestNats } from '../../helpers/nats.js';

const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-broker-tls-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

const filesOf = (name: string, { certificate, key }: CertifiedKey) => ({
  certificate: write(`${name}.pem`, certificate),
  key: write(`${name}.key`, key),
});

const authority = createAuthority('authority of the test', 2);
const stranger = createAuthority('authority of somebody else', 2);
const ca = filesOf('ca', authority).certificate;
const server = filesOf(
  'nats',
  issueCertificate(
    authority,
    { name: 'nats', uri: 'spiffe://sulcus/service/nats', hosts: ['localhost', '127.0.0.1'] },
    1,
  ),
);
const clientBy = (by: CertifiedKey, name: string) =>
  filesOf(name, issueCertificate(by, { name, uri: `spiffe://sulcus/service/${name}` }, 1));

/** Made for this test: it opens nothing else. */
const NKEY = {
  seed: 'SUAHEPHAAAOK7NFXRWC7XIHKOYOTD5FHUUY37BAOZTUS7MDSAQQUK4VYQM',
  publicKey: 'UARNFWETC2XKMD2ZT73HA22A62Y6FFDSH4NY3SUTEJDFGQU55KEJY2ZE',
};

const TLS = `tls { cert_file: "${server.certificate}", key_file: "${server.key}", ca_file: "${ca}", verify: true }`;

/** Connects as a process with these variables does, and closes again. */
async function connectWith(t: TestContext, nats: TestNats, variables: Record<string, string>): Promise<void> {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    await using bus = await connectBus({ servers: nats.url, name: 'test', connectTimeoutMs: 2000 });
    await bus.ensureTopology();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

describe('a broker that demands TLS, certificates and a user', () => {
  test('is used by who has them, and by nobody else', async (t) => {
    const nats = await startNats(t, { further: `${TLS}\nauthorization { users: [{ nkey: ${NKEY.publicKey} }] }` });
    const own = clientBy(authority, 'trainer');
    const tls = {
      SULCUS_NATS_TLS_CA: ca,
      SULCUS_NATS_TLS_CERTIFICATE: own.certificate,
      SULCUS_NATS_TLS_KEY: own.key,
    };
    const nkey = { SULCUS_NATS_NKEY_FILE: write('nkey', `${NKEY.seed}\n`) };
    await connectWith(t, nats, { ...tls, ...nkey });
    await assert.rejects(connectWith(t, nats, tls), { code: 'PERMISSION_DENIED' });
    const other = clientBy(stranger, 'stranger');
    for (const wrong of [
      {},
      nkey,
      { ...nkey, SULCUS_NATS_TLS_CA: ca },
      { ...tls, ...nkey, SULCUS_NATS_TLS_CERTIFICATE: other.certificate, SULCUS_NATS_TLS_KEY: other.key },
      { ...tls, ...nkey, SULCUS_NATS_TLS_CA: filesOf('other-ca', stranger).certificate },
    ])
      await assert.rejects(connectWith(t, nats, wrong), Object.keys(wrong).join());
  });

  test('takes a password from a file, and a wrong one is told at once', async (t) => {
    const nats = await startNats(t, { further: 'authorization { users: [{ user: trainer, password: "s3cret" }] }' });
    const user = { SULCUS_NATS_USER: 'trainer' };
    await connectWith(t, nats, { ...user, SULCUS_NATS_PASSWORD_FILE: write('right', 's3cret\n') });
    await assert.rejects(connectWith(t, nats, { ...user, SULCUS_NATS_PASSWORD_FILE: write('wrong', 'other') }), {
      code: 'PERMISSION_DENIED',
    });
    const startedMs = performance.now();
    await assert.rejects(connectWith(t, nats, { ...user, SULCUS_NATS_NKEY_FILE: 'none' }), { code: 'INVALID_CONFIG' });
    assert.ok(performance.now() - startedMs < 1500, 'a mistake is not waited for');
  });
});
