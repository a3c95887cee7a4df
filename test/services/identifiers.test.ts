import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { openObjectStore, SampleArchive } from '#libs/archive';
import { connectBus, type Bus, type StreamName } from '#libs/bus';
import { codecs, type Codec } from '#libs/contracts';
import { parseDicom } from '#libs/dicom';
import { parsePeer, storeObjects } from '#libs/dimse';
import { createClient } from '#libs/rpc';
import { Registry } from '#libs/registry';
import { createLogger } from '#libs/telemetry';
import { readConfig, runArchiver } from '#services/archiver';
import { Pseudonyms } from '#services/ingest';
import { filesBelow, Identifiers, namedDicom, namedImage } from '../helpers/identifiers.js';
import { noiseImage } from '../helpers/images.js';
import { freePort, startNats } from '../helpers/nats.js';
import { until } from '../helpers/until.js';
import { settled } from './archiver/_archiver.js';
import { runSulcus, startSulcus, type Outcome } from './predictor/_cli.js';
import { publishModel } from './predictor/_predictor.js';

const SEED = 'identifiers';
const PLANTED = 300;
const KEY = 'a key of the test that is long enough';

/** A folder of images and a manifest, with names in all of them. */
async function writeSite(folder: string, names: Identifiers): Promise<string> {
  const lines = ['path,label,patient,study,split'];
  const put = async (bytes: Buffer, ending: string): Promise<void> => {
    const below = path.join(names.next('folder'), `${names.next('file')}.${ending}`);
    await mkdir(path.dirname(path.join(folder, below)), { recursive: true });
    await writeFile(path.join(folder, below), bytes);
    lines.push(`${below},glioma,${names.next('patient column')},${names.next('study column')},train`);
  };
  for (const format of ['png', 'jpeg', 'webp', 'tiff'] as const)
    for (let count = 0; count < 3; count++) await put(await namedImage(names, format), format);
  const whole = await namedImage(names, 'jpeg');
  await put(whole.subarray(0, whole.length - 200), 'jpg');
  await put(await namedImage(names, 'png'), 'jpg');
  await put(Buffer.from(`no image, but it is of ${names.next('content')}`), 'png');
  for (let count = 0; count < 3; count++) await put(namedDicom(names), 'dcm');
  await put(namedDicom(names).subarray(0, 600), 'dcm');
  lines.push(`${names.next('missing file')}.png,glioma,${names.next('patient column')},,`);
  const manifest = path.join(folder, `${names.next('manifest')}.csv`);
  await writeFile(manifest, `${lines.join('\n')}\n`);
  return manifest;
}

/** A service as a process, with all that it writes. */
class Service {
  output = '';
  readonly #process: ChildProcess;

  constructor(words: readonly string[], environment: NodeJS.ProcessEnv) {
    this.#process = startSulcus(words, { SULCUS_LOG_LEVEL: 'trace', ...environment });
    for (const stream of [this.#process.stdout!, this.#process.stderr!])
      stream.on('data', (text: Buffer) => (this.output += text.toString()));
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('close', resolve));
    this.#process.kill('SIGTERM');
    await ended;
  }
}

async function upload(address: string, names: Identifiers): Promise<string> {
  using client = createClient('Ingest', address);
  const study = names.next('uploaded study');
  const requests = await Promise.all(
    (['png', 'jpeg', 'webp', 'tiff'] as const).map(async (format) => ({
      image: await namedImage(names, format),
      name: names.next('upload name'),
      label: 'glioma',
      patientId: names.next('uploaded patient'),
      studyId: study,
    })),
  );
  const broken = { image: Buffer.from(names.next('upload content')), name: names.next('upload name') };
  const metadata = { 'x-patient': names.next('metadata'), traceparent: names.next('traceparent') };
  const acks = client.uploadImagesAcked([...requests, broken, { image: namedDicom(names), name: '' }], { metadata });
  const outcomes: string[] = [];
  for await (const { outcome } of acks) outcomes.push(outcome);
  assert.deepEqual(outcomes.slice(0, 5), [...Array.from({ length: 4 }, () => 'OUTCOME_INGESTED'), 'OUTCOME_REJECTED']);
  const label = { label: 'notumor', labelSource: 'a reader', target: 'studyId' as const };
  await client.annotate({ annotations: [{ ...label, studyId: study }] }, { metadata });
  const unknown = { ...label, studyId: names.next('unknown study') };
  await assert.rejects(client.annotate({ annotations: [unknown] }), /Not known at site/);
  return study;
}

async function predict(address: string, names: Identifiers): Promise<void> {
  using client = createClient('Predictor', address);
  using inference = createClient('Inference', address);
  const metadata = { 'x-patient': names.next('metadata'), 'x-request-id': names.next('metadata') };
  const image = await namedImage(names, 'png');
  await client.predict({ image, name: names.next('request name') }, { metadata });
  await assert.rejects(client.predict({ image: Buffer.from(names.next('content')), name: names.next('request name') }));
  const slices = [await namedImage(names, 'jpeg'), await namedImage(names, 'png')];
  await client.predictStudy(slices.map((slice) => ({ slice: { image: slice, name: names.next('slice name') } })));
  await assert.rejects(client.predictStoredStudy({ studyId: names.next('stored study') }));
  const infer = { inputs: [{ name: 'image', datatype: 'BYTES', shape: [1], contents: { bytesContents: [image] } }] };
  await inference.modelInfer({ ...infer, modelName: 'test', id: names.next('request id') }, { metadata });
  await assert.rejects(inference.modelInfer({ ...infer, modelName: names.next('model name'), id: '' }));
}

/** As a scanner sends them: three slices of one study. @returns the study, as the site knows it */
async function scanned(port: number, names: Identifiers): Promise<string> {
  const [StudyInstanceUID, PatientID] = ['1.2.3.77', names.next('scanned patient')];
  const objects = [1, 2, 3].map(() => parseDicom(namedDicom(names, { StudyInstanceUID, PatientID })).dataSet);
  const call = { peer: parsePeer(`SULCUS@127.0.0.1:${port}`), callingTitle: 'MR1', timeoutMs: 20_000 };
  const answers = await storeObjects(call, objects);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [0, 0, 0],
  );
  return StudyInstanceUID;
}

/** What goes back to the site of a study: it names whom it is of, there, and tells nobody else. */
async function results(studyId: string, folder: string, environment: NodeJS.ProcessEnv): Promise<Outcome> {
  using client = createClient('Predictor', environment['SULCUS_PREDICTOR_ADDRESS']!);
  const { prediction } = await client.predictStoredStudy({ studyId });
  const file = path.join(folder, 'prediction.json');
  await writeFile(file, JSON.stringify(prediction));
  const words = [
    'results',
    studyId,
    '--prediction',
    file,
    '--heat-maps',
    '1',
    '--output',
    path.join(folder, 'results'),
  ];
  const outcome = await runSulcus(words, environment);
  assert.equal(outcome.code, 0, outcome.stderr);
  return outcome;
}

/** Everything on SCANS, as the archiver puts it into a folder. */
async function archived(bus: Bus, natsUrl: string, folder: string): Promise<Map<string, Buffer>> {
  const { messages, bytes } = await bus.statsOf('SCANS');
  await settled(bus);
  await bus.ensureTopology({ maxBytes: { SCANS: bytes } });
  const config = readConfig({ SULCUS_NATS_URL: natsUrl, SULCUS_ARCHIVE: folder, SULCUS_ARCHIVE_INTERVAL: '50ms' });
  const stop = new AbortController();
  const archive = new SampleArchive(await openObjectStore(folder));
  const running = runArchiver({ bus, archive, config, log: createLogger('archiver'), instance: 'test' }, stop.signal);
  await until(async () => (await bus.statsOf('SCANS')).messages < messages / 2, 'half of the scans in the archive');
  stop.abort();
  await running;
  return await filesBelow(folder);
}

/** Every message, as whoever reads the streams has it. */
async function messagesOf(bus: Bus): Promise<Buffer> {
  const read: string[] = [];
  const signal = AbortSignal.timeout(20_000);
  const readStream = async <O>(stream: StreamName, codec: Codec<never, O>): Promise<void> => {
    for await (const { subject, message, headers } of bus.follow({ stream, codec, signal, storedOnly: true })) {
      const texts = JSON.stringify(message, (_, value: unknown) =>
        Buffer.isBuffer(value) ? value.toString('latin1') : value,
      );
      read.push(subject, texts, ...headers.keys().map((key) => `${key}: ${headers.get(key)}`));
    }
  };
  await readStream('SCANS', codecs.Scan);
  await readStream('LABELS', codecs.LabelEvent);
  await readStream('EVENTS', codecs.PipelineEvent);
  await readStream('DEAD', codecs.DeadLetter);
  await readStream('PREDICTIONS', codecs.PredictionRecord);
  await readStream('STUDIES', codecs.StudyPrediction);
  return Buffer.from(read.join('\n'));
}

const temporary = async (t: TestContext): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-identifiers-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

test('of names planted at every door none is in broker, archive, records, spans, logs and messages', async (t) => {
  const names = new Identifiers(SEED);
  const [site, spans, dataDir, watched, kept] = [
    ...[await temporary(t), await temporary(t), await temporary(t), await temporary(t), await temporary(t)],
  ] as const;
  const nats = await startNats(t);
  const bus = await connectBus({ servers: nats.url, name: 'test' });
  t.after(() => bus.drain());
  await bus.ensureTopology();
  const registry = new Registry(bus);
  const card = await publishModel(registry, 1);
  await registry.promote('champion', card.version, 'the first');

  const [ingestPort, predictorPort, dicomPort] = [await freePort(), await freePort(), await freePort()];
  const environment = {
    SULCUS_NATS_URL: nats.url,
    SULCUS_DATA_DIR: dataDir,
    SULCUS_PSEUDONYM_KEY: KEY,
    SULCUS_TRACE_FILE: path.join(spans, 'spans.jsonl'),
    SULCUS_INGEST_ADDRESS: `127.0.0.1:${ingestPort}`,
    SULCUS_PREDICTOR_ADDRESS: `127.0.0.1:${predictorPort}`,
    SULCUS_WATCH_DIR: watched,
    SULCUS_DICOM_ADDRESS: `127.0.0.1:${dicomPort}`,
    SULCUS_DICOM_CALLERS: 'MR1',
  };
  const services = [new Service(['ingest'], environment), new Service(['predictor'], environment)];
  t.after(() => Promise.all(services.map((service) => service.stop())));
  await mkdir(path.join(watched, 'notumor'));
  using health = createClient('Inference', environment.SULCUS_PREDICTOR_ADDRESS, { connectTimeoutMs: 60_000 });
  await until(async () => (await health.serverReady({})).ready, 'the predictor serves', 60_000);
  await until(() => services[0]!.output.includes('"msg":"ready"'), 'ingest is ready', 60_000);

  for (const format of ['png', 'jpeg'] as const)
    await writeFile(
      path.join(watched, 'notumor', `${names.next('watched file')}.${format}`),
      await namedImage(names, format),
    );
  await writeFile(path.join(watched, 'notumor', `${names.next('watched file')}.png`), names.next('watched content'));
  const manifest = await writeSite(site, names);
  const imported = await runSulcus(['import', manifest], { ...environment, SULCUS_LOG_LEVEL: 'trace' });
  assert.match(imported.stdout + imported.stderr, /12 ingested|15 ingested|ingested/);
  const study = await upload(environment.SULCUS_INGEST_ADDRESS, names);
  const words = ['annotate', '--address', environment.SULCUS_INGEST_ADDRESS, '--study', study, '--label', 'glioma'];
  await runSulcus(words, environment);
  await predict(environment.SULCUS_PREDICTOR_ADDRESS, names);
  const studyUid = await scanned(dicomPort, names);
  const studyId = new Pseudonyms('local', Buffer.from(KEY)).study(studyUid)!;
  const drawn = await results(studyId, kept, environment);
  while (names.doors.size < PLANTED) {
    const metadata = { [`x-${names.next('name of metadata').toLowerCase()}`]: names.next('metadata') };
    using client = createClient('Predictor', environment.SULCUS_PREDICTOR_ADDRESS);
    await client.predict(
      { image: await noiseImage(names.nextImage()), name: names.next('request name') },
      { metadata },
    );
  }
  const dead = async (): Promise<number> => (await bus.statsOf('DEAD')).messages;
  await until(async () => (await dead()) >= 7, 'what is refused is told of');
  await until(async () => (await bus.statsOf('PREDICTIONS')).messages >= 3, 'predictions are on record');
  const messages = await messagesOf(bus);
  const inArchive = await archived(bus, nats.url, path.join(kept, 'archive'));
  await Promise.all(services.splice(0).map((service) => service.stop().then(() => outputs.push(service.output))));

  assert.match(messages.toString('latin1'), /glioma/, 'messages were read');
  assert.deepEqual(names.foundIn(messages), []);
  const stored = await filesBelow(nats.storeFolder);
  assert.ok(Buffer.concat([...stored.values()]).includes('glioma'), 'the store was read');
  assert.ok(inArchive.size > 10, 'the archive was read');
  for (const [file, content] of [...stored, ...inArchive, ...(await filesBelow(spans))])
    assert.deepEqual(names.foundIn(content), [], file);
  const report = (await filesBelow(path.join(kept, 'results'))).get(path.join(kept, 'results/report.dcm'))!;
  assert.match(names.foundIn(report).join(), /scanned patient/, 'the site itself is told whom a result is of');
  const log = [...outputs, imported.stdout, imported.stderr, drawn.stdout, drawn.stderr].join('\n').split('\n');
  const lines = log.filter((line) => line.startsWith('{'));
  assert.ok(lines.length > 20, 'logs were read');
  assert.deepEqual(names.foundIn(Buffer.from(lines.join('\n'))), []);
  assert.ok(names.doors.size >= PLANTED);
});

const outputs: string[] = [];
