import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { connectBus, STREAM_NAMES } from '#libs/bus';
import { parseDicom } from '#libs/dicom';
import { parsePeer, storeObjects } from '#libs/dimse';
import { createLogger } from '#libs/telemetry';
import { Pseudonyms, readConfig, studyRegister, type IngestService } from '#services/ingest';
import { BrokerWatch } from '../../../services/cli/launcher/pipeline/broker-watch.js';
import { freeBytes } from '../../../services/cli/launcher/pipeline/storage.js';
import { brokerReady, createBroker } from '../../../services/cli/launcher/processes/broker.js';
import { isCode } from '../../helpers/errors.js';
import { noiseImage } from '../../helpers/images.js';
import { freePort } from '../../helpers/nats.js';
import { smallDisk } from '../../helpers/small-disk.js';
import { until } from '../../helpers/until.js';
import { atEnd, readScans, startHarness, startService, temporaryFolder, TEST_KEY } from './_ingest.js';
import { slice, sliceBytes } from './dicom/_objects.js';

const { folder: disk, skip } = smallDisk(80);

const filler = path.join(disk, 'filler');
const fill = (): void => writeFileSync(filler, Buffer.alloc(freeBytes(disk)));
const OUT_OF_RESOURCES = 0xa700;
const PATIENCE_MS = 60_000;

const DOORS = {
  SULCUS_HTTP_ADDRESS: '127.0.0.1:0',
  SULCUS_DICOM_ADDRESS: '127.0.0.1:0',
  SULCUS_DICOM_CALLERS: 'MR1',
  SULCUS_DICOM_WAIT: '1s',
  SULCUS_INGEST_RETRY_TIMEOUT: '1ms',
};

/** Sends an object by STOW-RS. @returns status, and reasons of failure */
async function stow(service: IngestService, bytes: Buffer): Promise<number[]> {
  const type = 'multipart/related; type="application/dicom"; boundary=B';
  const head = Buffer.from('--B\r\nContent-Type: application/dicom\r\n\r\n');
  const body = Buffer.concat([head, bytes, Buffer.from('\r\n--B--\r\n')]);
  const url = `http://${service.httpAddress}/studies`;
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
  const told = (await answer.json()) as Record<string, { Value?: Record<string, { Value: number[] }>[] }>;
  const failed = told['00081198']?.Value ?? [];
  return [answer.status, ...failed.flatMap((item) => item['00081197']!.Value)];
}

/** Sends an object by C-STORE. @returns its status */
async function cStore(service: IngestService, bytes: Buffer): Promise<number> {
  const peer = parsePeer(`SULCUS@127.0.0.1:${service.dicomPort}`);
  const call = { peer, callingTitle: 'MR1', timeoutMs: PATIENCE_MS };
  return (await storeObjects(call, [parseDicom(bytes).dataSet]))[0]!.status;
}

const named = (study: string, seed: number): Buffer => sliceBytes({ StudyInstanceUID: study }, seed);

test('a full disk of the site is said at every door, nothing half written stays, and all goes on with room', {
  skip,
}, async (t) => {
  const site = path.join(disk, 'site');
  mkdirSync(site);
  const harness = await startHarness(t, { ...DOORS, SULCUS_DATA_DIR: site, SULCUS_SEND_NAMES: 'false' });
  const { client, service } = await startService(t, harness);
  const bad = { image: Buffer.alloc(20_000, 'no image'), name: 'a' };
  fill();
  for (let time = 0; time < 3; time++) await assert.rejects(client.uploadImages([bad]), isCode('STORAGE_FULL'));
  assert.deepEqual(await stow(service, named('1.2.5', 1)), [503, OUT_OF_RESOURCES]);
  assert.equal(await cStore(service, named('1.2.6', 2)), OUT_OF_RESOURCES);
  assert.deepEqual(readdirSync(path.join(site, 'refused')), []);

  rmSync(filler);
  assert.equal((await client.uploadImages([bad])).rejected, 1);
  assert.equal(readdirSync(path.join(site, 'refused')).length, 2, 'the file, and why');
  assert.deepEqual(await stow(service, named('1.2.5', 1)), [200]);
  assert.equal(await cStore(service, named('1.2.6', 2)), 0);
  assert.equal((await readScans(harness.bus)).length, 2);
  const pseudonyms = new Pseudonyms('site-a', Buffer.from(TEST_KEY));
  for (const uid of ['1.2.5', '1.2.6'])
    assert.equal((await studyRegister(site, pseudonyms).study(pseudonyms.study(uid)!))!.objects.length, 1);
});

test('an entry of the register that a full disk cuts short is none, and those behind it are read', {
  skip,
}, async (t) => {
  const pseudonyms = new Pseudonyms('site-a', Buffer.from(TEST_KEY));
  const register = studyRegister(path.join(disk, 'register-of-site'), pseudonyms);
  t.after(() => register.close());
  const add = (seed: number): Promise<void> => {
    const about = { sopClassUid: '1.2', seriesUid: '1.2.3', modality: 'MR', sampleIds: ['a'.repeat(64)] };
    return register.add('study', slice({}, seed), { ...about, sopInstanceUid: `1.2.3.4.${seed}` });
  };
  const added: number[] = [];
  await add(0);
  added.push(0);
  fill();
  // What is left of the last block takes a few.
  let failures = 0;
  for (let seed = 1; failures < 2; seed++)
    await add(seed).then(
      () => added.push(seed),
      () => failures++,
    );
  rmSync(filler);
  await add(1000);
  const { objects } = (await register.study('study'))!;
  assert.deepEqual(
    objects.map(({ sopInstanceUid }) => sopInstanceUid),
    [...added, 1000].map((seed) => `1.2.3.4.${seed}`),
  );
});

/** A broker of ours on the small disk, watched as the launcher watches it. */
async function startBroker(t: TestContext): Promise<string> {
  const [port, monitorPort] = [await freePort(), await freePort()];
  const [folder, monitorUrl] = [path.join(disk, 'nats'), `http://127.0.0.1:${monitorPort}`];
  const logFile = path.join(tmpdir(), `sulcus-ingest-disk-${process.pid}.log`);
  const broker = await createBroker({ folder, logFile, port, monitorPort });
  const stop = new AbortController();
  broker.start();
  await brokerReady(broker, port, stop.signal);
  const watching = new BrokerWatch({ monitorUrl, own: { process: broker, folder } }).run(
    stop.signal,
    createLogger('test'),
  );
  atEnd(t, async () => {
    stop.abort();
    await watching;
    await broker.stop(5000);
    rmSync(logFile, { force: true });
  });
  return `nats://127.0.0.1:${port}`;
}

test('a full disk of the broker is said at every door, nothing half stored stays, and all goes on with room', {
  skip,
}, async (t) => {
  const servers = await startBroker(t);
  const bus = await connectBus({ servers, name: 'ingest' });
  atEnd(t, () => bus.drain());
  await bus.ensureTopology({ maxBytes: Object.fromEntries(STREAM_NAMES.map((stream) => [stream, 2e6])) });
  const site = await temporaryFolder(t);
  const where = { SULCUS_NATS_URL: servers, SULCUS_INGEST_ADDRESS: '127.0.0.1:0', SULCUS_DATA_DIR: site };
  const config = readConfig({ ...DOORS, ...where });
  const { client, service } = await startService(t, { nats: undefined as never, bus, config, logged: [] });
  const image = await noiseImage(1, { format: 'png', width: 300, height: 300 });
  const [first, second] = [named('1.2.5', 1), named('1.2.6', 2)];
  fill();
  await Promise.all([
    assert.rejects(client.uploadImages([{ image, name: 'a' }]), isCode('STORAGE_FULL')),
    stow(service, first).then((told) => assert.deepEqual(told, [503, OUT_OF_RESOURCES])),
    cStore(service, second).then((status) => assert.equal(status, OUT_OF_RESOURCES)),
  ]);

  rmSync(filler);
  const accepted = (): Promise<boolean> =>
    client.uploadImages([{ image, name: 'a' }]).then(
      ({ received, rejected }) => received - rejected === 1,
      () => false,
    );
  await until(accepted, 'the broker to go on', PATIENCE_MS);
  assert.deepEqual(await stow(service, first), [200]);
  assert.equal(await cStore(service, second), 0);
  const scans = await readScans(bus);
  assert.equal(scans.length, 3);
  for (const { message } of scans) {
    const bytes = await bus.fromPayload(message.image!);
    assert.equal(createHash('sha256').update(bytes).digest('hex'), message.sampleId);
  }
});
