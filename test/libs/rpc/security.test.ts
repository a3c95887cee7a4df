import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import {
  AccessPolicy,
  createAuthority,
  hashOfToken,
  issueCertificate,
  type CertifiedKey,
  type ClientSecurity,
  type Role,
  type ServerSecurity,
} from '#libs/access';
import { implement, startServer } from '#libs/rpc';
import { until } from '../../helpers/until.js';
import { collect, connectEcho, echo, plainHandlers, sleep, startEcho } from './_echo.js';

/** Of this process, from its beginning on: Node warns once. */
const warned: Error[] = [];
process.on('warning', (warning) => warned.push(warning));

const authority = createAuthority('authority of the test', 2);
const stranger = createAuthority('authority of somebody else', 2);

/** Writes PEM files and says how they are called. */
async function filesIn(t: TestContext): Promise<(name: string, pair: CertifiedKey) => Promise<CertifiedKey>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-tls-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return async (name, { certificate, key }) => {
    const files = { certificate: path.join(folder, `${name}.pem`), key: path.join(folder, `${name}.key`) };
    await writeFile(files.key, key);
    await writeFile(files.certificate, certificate);
    return files;
  };
}

interface Scene {
  readonly address: string;
  /** A client that shows a certificate with this URI, by this authority. */
  readonly clientOf: (uri: string, by?: CertifiedKey) => Promise<ClientSecurity>;
  readonly authorities: string;
  readonly write: (name: string, pair: CertifiedKey) => Promise<CertifiedKey>;
}

const service = { name: 'echo', uri: 'spiffe://sulcus/service/echo', hosts: ['127.0.0.1', 'localhost'] };

/** An echo server with TLS and a policy in which `administer` is what its methods need, as none of them is listed. */
async function startSecure(
  t: TestContext,
  identities: ConstructorParameters<typeof AccessPolicy>[0],
  {
    mutual = true,
    hosts = service.hosts,
    ...rest
  }: Partial<Parameters<typeof startServer>[0]> & { mutual?: boolean; hosts?: string[] } = {},
): Promise<Scene> {
  const write = await filesIn(t);
  const { certificate: authorities } = await write('ca', authority);
  const own = await write('server', issueCertificate(authority, { ...service, hosts }, 1));
  const security: ServerSecurity = {
    tls: { ...own, ...(mutual ? { authorities } : {}) },
    policy: new AccessPolicy(identities),
    insecure: false,
  };
  const server = await startServer({
    address: '127.0.0.1:0',
    implementations: [implement(echo, plainHandlers)],
    security,
    ...rest,
  });
  t.after(() => server.stop(0));
  const clientOf: Scene['clientOf'] = async (uri, by = authority) => {
    const files = await write(uri.replaceAll(/\W+/g, '-'), issueCertificate(by, { name: 'client', uri }, 1));
    return { tls: { ...files, authorities } };
  };
  return { address: server.address, clientOf, authorities, write };
}

const OPERATOR = 'spiffe://sulcus/operator/anna';
const MAY_CALL = { uri: OPERATOR, roles: ['administer'] as Role[] };
const SENT = { text: 'hello' };
const call = (t: TestContext, address: string, security: ClientSecurity) =>
  connectEcho(t, address, { security, retry: false, connectTimeoutMs: 2000 }).unary(SENT);

describe('a server with certificates and a policy', () => {
  test('answers who has the role, in every kind of call', async (t) => {
    const { address, clientOf } = await startSecure(t, [MAY_CALL]);
    const client = connectEcho(t, address, { security: await clientOf(OPERATOR) });
    assert.equal((await client.unary(SENT)).text, 'hello');
    assert.equal((await collect(client.serverStream({ text: 'a', count: 2 }))).length, 2);
    assert.deepEqual(
      (await collect(client.bidi([SENT]))).map(({ text }) => text),
      ['HELLO'],
    );
  });

  test('denies who lacks it, by the name of the role, and who is not known', async (t) => {
    const viewer = 'spiffe://sulcus/client/viewer';
    const { address, clientOf } = await startSecure(t, [MAY_CALL, { uri: viewer, roles: ['predict'] }]);
    await assert.rejects(call(t, address, await clientOf(viewer)), {
      code: 'PERMISSION_DENIED',
      message: /lacks the role "administer"/,
    });
    await assert.rejects(call(t, address, await clientOf('spiffe://sulcus/client/nobody')), {
      code: 'UNAUTHENTICATED',
    });
  });

  test('does not talk to who shows no certificate, one of a stranger, or speaks no TLS', async (t) => {
    const { address, clientOf, authorities } = await startSecure(t, [MAY_CALL]);
    for (const security of [{ tls: { authorities } }, await clientOf(OPERATOR, stranger), {}])
      await assert.rejects(call(t, address, security), { code: 'SERVICE_UNAVAILABLE' });
  });

  test('is called by the name or the IP address that its certificate is for; Node warns of neither', async (t) => {
    for (const [hosts, called] of [
      [['127.0.0.1'], '127.0.0.1'],
      [['localhost'], 'localhost'],
    ] as const) {
      const { address, clientOf } = await startSecure(t, [MAY_CALL], { hosts: [...hosts] });
      const port = address.slice(address.lastIndexOf(':'));
      const security = await clientOf(OPERATOR);
      assert.equal((await call(t, called + port, security)).text, 'hello');
      const other = called === 'localhost' ? '127.0.0.1' : 'localhost';
      await assert.rejects(call(t, other + port, security), { code: 'SERVICE_UNAVAILABLE' });
    }
    assert.deepEqual(warned, []);
  });

  test('denies a stream before its first message is taken', async (t) => {
    const { address, clientOf } = await startSecure(t, [{ uri: 'spiffe://sulcus/site/*', roles: ['upload'] }]);
    const client = connectEcho(t, address, { security: await clientOf('spiffe://sulcus/site/north') });
    await assert.rejects(collect(client.bidi([SENT])), { code: 'PERMISSION_DENIED' });
  });

  test('takes nothing in for a site from a peer of another one', async (t) => {
    const at = (site: string) => ({ uri: `spiffe://sulcus/site/${site}`, site, roles: ['administer'] as Role[] });
    const { address, clientOf } = await startSecure(t, [at('north'), at('south')], { site: 'north' });
    assert.equal((await call(t, address, await clientOf('spiffe://sulcus/site/north'))).text, 'hello');
    await assert.rejects(call(t, address, await clientOf('spiffe://sulcus/site/south')), { code: 'PERMISSION_DENIED' });
  });

  test('denies a certificate that has ended while its connection stands', async (t) => {
    const { address, authorities, write } = await startSecure(t, [MAY_CALL]);
    const seconds = 4;
    const files = await write(
      'short',
      issueCertificate(authority, { name: 'client', uri: OPERATOR }, seconds / 86_400),
    );
    const client = connectEcho(t, address, { security: { tls: { ...files, authorities } }, retry: false });
    assert.equal((await client.unary(SENT)).text, 'hello');
    await sleep((seconds + 1) * 1000);
    await assert.rejects(client.unary(SENT), { code: 'UNAUTHENTICATED', message: /ended on .* GMT: connect anew/ });
  });

  test('asks for a further role where a message needs one', async (t) => {
    const messageRole = (_method: string, { text }: { text?: string }): Role | null =>
      text === 'why?' ? 'explain' : null;
    const { address, clientOf } = await startSecure(t, [MAY_CALL], { messageRole });
    const client = connectEcho(t, address, { security: await clientOf(OPERATOR) });
    assert.equal((await client.unary(SENT)).text, 'hello');
    await assert.rejects(client.unary({ text: 'why?' }), { code: 'PERMISSION_DENIED', message: /"explain"/ });
    await assert.rejects(collect(client.bidi([SENT, { text: 'why?' }])), { code: 'PERMISSION_DENIED' });
  });

  test('takes a bearer token in place of a certificate, and no other one', async (t) => {
    const token = { tokenSha256: hashOfToken('s3cret'), name: 'viewer', roles: ['administer'] as Role[] };
    const { address, authorities } = await startSecure(t, [token], { mutual: false });
    assert.equal((await call(t, address, { tls: { authorities }, token: 's3cret' })).text, 'hello');
    for (const wrong of ['other', undefined])
      await assert.rejects(call(t, address, { tls: { authorities }, token: wrong }), { code: 'UNAUTHENTICATED' });
  });

  test('uses a renewed certificate without a restart, and the old one while files do not fit', async (t) => {
    const { address, clientOf, write } = await startSecure(t, [MAY_CALL]);
    const security = await clientOf(OPERATOR);
    const other = { ...security, tls: { ...security.tls, authorities: (await write('new-ca', stranger)).certificate } };
    await write('server', { ...issueCertificate(authority, service, 1), key: authority.key });
    assert.equal((await call(t, address, security)).text, 'hello');
    await write('server', issueCertificate(stranger, service, 1));
    await until(
      () =>
        call(t, address, other).then(
          () => true,
          () => false,
        ),
      'the new certificate',
      20_000,
    );
  });
});

describe('an address that other machines reach', () => {
  test('is refused without TLS and identity, and said to be open where that is meant', async (t) => {
    const start = (security: ServerSecurity) => startEcho(t, {}, { server: { address: '0.0.0.0:0', security } });
    await assert.rejects(start({ insecure: false }), {
      code: 'INVALID_CONFIG',
      message: /SULCUS_TLS_CERTIFICATE and SULCUS_TLS_KEY and SULCUS_ACCESS_POLICY/,
    });
    const { logged } = await start({ insecure: true });
    assert.ok(logged.some(({ msg }) => msg.includes('SULCUS_INSECURE')));
  });
});
