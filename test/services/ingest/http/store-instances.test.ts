import assert from 'node:assert/strict';
import { request as plainRequest, type ClientRequest } from 'node:http';
import { request as tlsRequest, type RequestOptions } from 'node:https';
import { once } from 'node:events';
import { connect } from 'node:net';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { AccessPolicy, createAuthority, issueCertificate } from '#libs/access';
import { LIMITS } from '#libs/limits';
import { IngestService } from '#services/ingest';
import { runDcmtk, withoutDcmtk } from '../../../helpers/dcmtk.js';
import { until } from '../../../helpers/until.js';
import { sliceBytes } from '../dicom/_objects.js';
import { harnessLog, readScans, startHarness, startService } from '../_ingest.js';

const MEDIA = 'multipart/related; type="application/dicom"; boundary=B';

const part = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from('--B\r\nContent-Type: application/dicom\r\n\r\n'), bytes, Buffer.from('\r\n')]);
const bodyOf = (...objects: Buffer[]): Buffer => Buffer.concat([...objects.map(part), Buffer.from('--B--\r\n')]);

interface Told {
  status: number;
  contentType: string | undefined;
  retryAfter: string | undefined;
  body: Record<string, { vr: string; Value?: Record<string, { Value?: unknown[] }>[] }>;
  text: string;
}

const answerOf = (call: ClientRequest): Promise<Told> =>
  new Promise((resolve, reject) => {
    call.once('error', reject);
    call.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () => {
        const { 'content-type': contentType, 'retry-after': retryAfter } = response.headers;
        const text = Buffer.concat(chunks).toString();
        const body = (contentType?.includes('json') ? JSON.parse(text) : {}) as Told['body'];
        resolve({ status: response.statusCode!, contentType, retryAfter, body, text });
      });
    });
  });

async function startSite(t: TestContext, environment: Record<string, string> = {}) {
  const harness = await startHarness(t, { SULCUS_HTTP_ADDRESS: '127.0.0.1:0', ...environment });
  const { service } = await startService(t, harness);
  const begin = (headers: Record<string, string> = {}, target = '/studies', method = 'POST'): ClientRequest =>
    plainRequest(`http://${service.httpAddress}${target}`, { method, headers: { 'content-type': MEDIA, ...headers } });
  const store = (body: Buffer, ...more: Parameters<typeof begin>): Promise<Told> => {
    const call = begin(...more);
    const answer = answerOf(call);
    call.end(body);
    return answer;
  };
  return { harness, service, begin, store };
}

/** Of the slices 1 (stored) and 4 (not stored), as a dump that DCMTK reads. */
const DUMP_OF_ANSWER = `(0008,1190) UR (no value available)
(0008,1198) SQ (Sequence)
(fffe,e000) na (Item)
(0008,1150) UI [1.2.840.10008.5.1.4.1.1.4]
(0008,1155) UI [1.2.3.4.4]
(0008,1197) US 272
(fffe,e00d) na (ItemDelimitationItem)
(fffe,e0dd) na (SequenceDelimitationItem)
(0008,1199) SQ (Sequence)
(fffe,e000) na (Item)
(0008,1150) UI [1.2.840.10008.5.1.4.1.1.4]
(0008,1155) UI [1.2.3.4.1]
(0008,1190) UR (no value available)
(fffe,e00d) na (ItemDelimitationItem)
(fffe,e0dd) na (SequenceDelimitationItem)
`;

/** The same document is the same text: no blanks between elements, empty elements in one way, attributes in order. */
const normalXml = (text: string): string =>
  text
    .slice(text.indexOf('<DicomAttribute'))
    .replace(/>\s+</g, '><')
    .replace(/<(\w+)([^<>]*)><\/\1>/g, '<$1$2/>')
    .replace(/<(\w+) ([^<>/]*)/g, (_, name: string, attributes: string) =>
      [`<${name}`, ...(attributes.match(/[\w:]+="[^"]*"/g) ?? []).sort()].join(' '),
    )
    .trim();

const namesIn = ({ body }: Told, tag: string): unknown[] =>
  (body[tag]?.Value ?? []).map((item) => item['00081155']!.Value?.[0]);
const reasonsIn = ({ body }: Told): unknown[] =>
  (body['00081198']?.Value ?? []).map((item) => item['00081197']!.Value![0]);

describe('STOW-RS', () => {
  test('stores a study and says so object by object; again is success and adds nothing', async (t) => {
    const { harness, store } = await startSite(t);
    const slices = [1, 2, 3].map((seed) => sliceBytes({}, seed));
    for (let time = 0; time < 2; time++) {
      const told = await store(bodyOf(...slices));
      assert.equal(told.status, 200);
      assert.equal(told.contentType, 'application/dicom+json');
      assert.deepEqual(namesIn(told, '00081199'), ['1.2.3.4.1', '1.2.3.4.2', '1.2.3.4.3']);
      assert.equal(told.body['00081198'], undefined);
    }
    const scans = await readScans(harness.bus);
    assert.equal(scans.length, 3);
    assert.doesNotMatch(JSON.stringify(scans.map(({ message }) => ({ ...message, image: '' }))), /Doe|MRN/);
  });

  test('media types are understood in any case, quoted or not, with parameters of their own', async (t) => {
    const { store } = await startSite(t);
    const object = sliceBytes({}, 1);
    const body = Buffer.concat([
      Buffer.from('--B\r\nContent-Type: Application/DICOM; transfer-syntax=1.2.840.10008.1.2.1\r\n\r\n'),
      ...[object, Buffer.from('\r\n--B--\r\n')],
    ]);
    for (const type of [
      'Multipart/Related; Type="Application/DICOM"; Boundary="B"',
      'multipart/related;type=application/dicom;boundary=B',
      'multipart/related; type="application/dicom; transfer-syntax=1.2.840.10008.1.2.1"; boundary="B"',
      'multipart/related; boundary="B"; start="<a;b>"',
    ]) {
      const told = await store(body, { 'content-type': type });
      assert.deepEqual([told.status, namesIn(told, '00081199')], [200, ['1.2.3.4.1']], type);
    }
    assert.equal((await store(body, { 'content-type': 'multipart/form-data; boundary=B' })).status, 415);
  });

  test('is answered in XML where that is asked for, as DCMTK writes it', { skip: withoutDcmtk }, async (t) => {
    const { store } = await startSite(t);
    const body = bodyOf(sliceBytes({}, 1), sliceBytes({ BurnedInAnnotation: 'YES' }, 4));
    const told = await store(body, { accept: 'application/dicom+xml' });
    assert.deepEqual([told.status, told.contentType], [202, 'application/dicom+xml']);
    const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-stow-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const dump = path.join(folder, 'answer.dump');
    await writeFile(dump, DUMP_OF_ANSWER);
    await runDcmtk('dump2dcm', ['+te', '-F', dump, path.join(folder, 'answer.dcm')]);
    const { code, output } = await runDcmtk('dcm2xml', ['--native-format', path.join(folder, 'answer.dcm')]);
    assert.equal(code, 0, output);
    assert.equal(normalXml(told.text), normalXml(output));
  });

  test('is answered in the media type that its sender likes best, in JSON where it says nothing', async (t) => {
    const { store } = await startSite(t);
    const body = bodyOf(sliceBytes({}, 1));
    for (const [accept, expected] of [
      ['*/*', 'application/dicom+json'],
      ['application/json', 'application/json'],
      ['application/dicom+json;q=0.5, application/dicom+xml', 'application/dicom+xml'],
      ['application/dicom+xml;q=0.5, application/*', 'application/dicom+json'],
      ['text/html, application/dicom+xml;q=0.1', 'application/dicom+xml'],
    ] as const)
      assert.equal((await store(body, { accept })).contentType, expected, accept);
  });

  test('takes objects as they come, before the request has ended', async (t) => {
    const { harness, begin } = await startSite(t);
    const call = begin({ 'transfer-encoding': 'chunked' });
    const answer = answerOf(call);
    call.write(part(sliceBytes({}, 1)));
    call.write('--B\r\n');
    await until(async () => (await readScans(harness.bus)).length === 1, 'the first object on SCANS');
    call.end(Buffer.concat([Buffer.from('\r\n'), sliceBytes({}, 2), Buffer.from('\r\n--B--')]));
    assert.equal((await answer).status, 200);
    assert.equal((await readScans(harness.bus)).length, 2);
  });

  test('some stored is 202, none 409; each failure has its reason, and what nobody wants is none', async (t) => {
    const { harness, store } = await startSite(t, { SULCUS_MAX_FILE_BYTES: '20000' });
    const burned = sliceBytes({ BurnedInAnnotation: 'YES' }, 4);
    const localizer = sliceBytes({ ImageType: 'ORIGINAL\\PRIMARY\\LOCALIZER' }, 5);
    const partial = await store(
      bodyOf(sliceBytes({}, 1), burned, Buffer.from('no DICOM'), Buffer.alloc(20_001), localizer),
    );
    assert.equal(partial.status, 202);
    assert.deepEqual(namesIn(partial, '00081199'), ['1.2.3.4.1', '1.2.3.4.5']);
    assert.deepEqual(reasonsIn(partial), [0x0110, 0xc000, 0xa700]);
    const none = await store(bodyOf(burned));
    assert.equal(none.status, 409);
    assert.deepEqual(namesIn(none, '00081198'), ['1.2.3.4.4']);
    // An object of another study than the one that the address names.
    const other = await store(bodyOf(sliceBytes({}, 6)), {}, '/studies/1.2.3.99');
    assert.deepEqual([other.status, ...reasonsIn(other)], [409, 0xa900]);
    assert.equal((await store(bodyOf(sliceBytes({}, 6)), {}, '/studies/1.2.3.1')).status, 200);
    assert.equal((await readScans(harness.bus)).length, 2);
  });

  test('while the pipeline is full it is 503, with a time to come again', async (t) => {
    const { harness, store } = await startSite(t, { SULCUS_DICOM_WAIT: '300ms' });
    await harness.bus.ensureTopology({ maxBytes: { SCANS: 1000 } });
    const full = await store(bodyOf(sliceBytes({}, 1)));
    assert.deepEqual([full.status, full.retryAfter, ...reasonsIn(full)], [503, '30', 0xa700]);
    await harness.bus.ensureTopology({ maxBytes: { SCANS: 10e6 } });
    assert.equal((await store(bodyOf(sliceBytes({}, 1)))).status, 200);
  });

  test('requests that are begun and do not go on keep nobody out, though they take all places', async (t) => {
    const { begin, store } = await startSite(t);
    const held = Array.from({ length: LIMITS.httpCalls.value }, () => begin({ 'transfer-encoding': 'chunked' }));
    const answers = held.map(async (call) => (await answerOf(call)).status);
    for (const call of held) call.write(part(sliceBytes({}, 1)).subarray(0, 500));
    await sleep(1300);
    assert.equal((await store(bodyOf(sliceBytes({}, 2)))).status, 200);
    assert.equal(await Promise.race(answers), 503);
    for (const call of held) call.destroy();
    await Promise.allSettled(answers);
  });

  test('connections that ask for nothing keep nobody out, though they are as many as there may be', async (t) => {
    const { service, store } = await startSite(t);
    const [, port] = service.httpAddress!.split(':');
    const held = Array.from({ length: LIMITS.httpConnections.value }, (_, index) => {
      const localAddress = `127.0.0.${2 + Math.floor(index / LIMITS.httpConnectionsPerPeer.value)}`;
      return connect({ port: Number(port), host: '127.0.0.1', localAddress }).on('error', () => undefined);
    });
    t.after(() => held.forEach((socket) => socket.destroy()));
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    await sleep(1300);
    assert.equal((await store(bodyOf(sliceBytes({}, 1)))).status, 200);
  });

  test('what is no store request has the answer of HTTP', async (t) => {
    const { store } = await startSite(t);
    const good = bodyOf(sliceBytes({}, 1));
    assert.equal((await store(good, { 'content-type': 'application/dicom' })).status, 415);
    assert.equal(
      (await store(good, { 'content-type': 'multipart/related; type="application/dicom+xml"; boundary=B' })).status,
      415,
    );
    assert.equal((await store(good, { accept: 'text/html' })).status, 406);
    assert.equal((await store(good, { accept: 'application/dicom+json;q=0' })).status, 406);
    assert.equal((await store(good, {}, '/studies', 'GET')).status, 405);
    assert.equal((await store(good, {}, '/series')).status, 404);
    assert.equal((await store(good.subarray(0, -10))).status, 400);
    assert.equal((await store(Buffer.from('--B--'))).status, 400);
  });

  test('with TLS and a policy it is for who has the role, and for the site of its certificate alone', async (t) => {
    const authority = createAuthority('authority of the test', 2);
    const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-stow-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const pairOf = async (name: string, uri: string) => {
      const pair = issueCertificate(authority, { name, uri, hosts: ['127.0.0.1'] }, 1);
      const files = { certificate: path.join(folder, `${name}.pem`), key: path.join(folder, `${name}.key`) };
      await writeFile(files.certificate, pair.certificate);
      await writeFile(files.key, pair.key);
      return files;
    };
    const authorities = path.join(folder, 'ca.pem');
    await writeFile(authorities, authority.certificate);
    const harness = await startHarness(t, { SULCUS_HTTP_ADDRESS: '127.0.0.1:0' });
    const security = {
      tls: { ...(await pairOf('service', 'spiffe://test/service')), authorities },
      policy: new AccessPolicy([
        { uri: 'spiffe://test/pacs', site: 'site-a', roles: ['upload'] },
        { uri: 'spiffe://test/other', site: 'site-b', roles: ['upload'] },
        { uri: 'spiffe://test/viewer', roles: ['predict'] },
      ]),
      insecure: false,
    };
    const { bus } = harness;
    const config = { ...harness.config, security };
    const service = await IngestService.start({ bus, config, log: harnessLog(harness), instance: 'test' });
    t.after(() => service.stop(0));
    const storeAs = async (name: string | undefined): Promise<number> => {
      const files = name === undefined ? undefined : await pairOf(name, `spiffe://test/${name}`);
      const options: RequestOptions = {
        method: 'POST',
        headers: { 'content-type': MEDIA },
        ca: authority.certificate,
        ...(files && { cert: await readFile(files.certificate), key: await readFile(files.key) }),
      };
      const call = tlsRequest(`https://${service.httpAddress}/studies`, options);
      const answer = answerOf(call);
      call.end(bodyOf(sliceBytes({}, 1)));
      return (await answer).status;
    };
    assert.equal(await storeAs('pacs'), 200);
    assert.equal(await storeAs('other'), 403);
    assert.equal(await storeAs('viewer'), 403);
    assert.equal(await storeAs('stranger'), 401);
    await assert.rejects(storeAs(undefined));
    assert.equal((await readScans(bus)).length, 1);
  });
});
