import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import sharp from 'sharp';
import { connectBus, type Bus, type StreamName } from '#libs/bus';
import { codecs, type Codec } from '#libs/contracts';
import { ATTRIBUTES, type Keyword } from '#libs/dicom';
import { createRandom } from '#libs/random';
import { createClient } from '#libs/rpc';
import { Registry } from '#libs/registry';
import { noiseImage } from '../helpers/images.js';
import { freePort, startNats } from '../helpers/nats.js';
import { until } from '../helpers/until.js';
import { sliceBytes } from './ingest/dicom/_objects.js';
import { runSulcus, startSulcus } from './predictor/_cli.js';
import { publishModel } from './predictor/_predictor.js';

const SEED = 'identifiers';
const PLANTED = 300;
const KEY = 'a key of the test that is long enough';

/** Names as of patients; each is planted once, and known by the door that it was planted at. */
class Identifiers {
  readonly #random = createRandom(SEED);
  readonly doors = new Map<string, string>();

  next(door: string): string {
    const letters = Array.from({ length: 14 }, () => String.fromCharCode(97 + this.#random.integer(0, 25)));
    const name = `Q${letters.join('')}`;
    this.doors.set(name, door);
    return name;
  }

  /** Those that are in some bytes, as they are, in other case, or in UTF-16. */
  foundIn(content: Buffer): string[] {
    const text = content.toString('latin1').toLowerCase();
    const wide = text.replaceAll('\0', '');
    return [...this.doors].flatMap(([name, door]) =>
      text.includes(name.toLowerCase()) || wide.includes(name.toLowerCase()) ? [`${name} (${door})`] : [],
    );
  }
}

let seed = 0;

/** An image whose metadata name people, in every place that its format has. */
async function namedImage(names: Identifiers, format: 'png' | 'jpeg' | 'webp' | 'tiff'): Promise<Buffer> {
  const picture = sharp(await noiseImage(++seed, { format: 'png' }));
  const next = (where: string): string => names.next(`${where} of ${format}`);
  const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:title="${next('XMP')}"/></rdf:RDF></x:xmpmeta>`;
  const bytes = await picture
    .withExif({ IFD0: { ImageDescription: next('EXIF'), Artist: next('EXIF') }, IFD2: { UserComment: next('EXIF') } })
    .withXmp(xmp)
    .toFormat(format)
    .toBuffer();
  if (format !== 'jpeg') return bytes;
  const comment = Buffer.from(next('comment'));
  const head = Buffer.from([0xff, 0xfe, 0, comment.length + 2]);
  return Buffer.concat([bytes.subarray(0, 2), head, comment, bytes.subarray(2)]);
}

/** Elements of texts that name somebody or something of a site. */
const TEXTS = (Object.keys(ATTRIBUTES) as Keyword[]).filter((keyword) =>
  /Name|Description|Comments|Identifier|StudyID|AccessionNumber|Institution|Station|PatientID/.test(keyword),
);

const namedDicom = (names: Identifiers): Buffer => {
  const texts = TEXTS.filter((keyword) => ['PN', 'LO', 'SH', 'LT', 'ST'].includes(ATTRIBUTES[keyword][1]));
  return sliceBytes(Object.fromEntries(texts.map((keyword) => [keyword, names.next(keyword)])), ++seed);
};

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

async function filesBelow(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return new Map(await Promise.all(files.map(async (file) => [file, await readFile(file)] as const)));
}

const temporary = async (t: TestContext): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-identifiers-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

test('of names planted at every door none is found in broker, records, spans, logs and messages', async (t) => {
  const names = new Identifiers();
  const [site, spans, dataDir, watched] = [
    await temporary(t),
    await temporary(t),
    await temporary(t),
    await temporary(t),
  ];
  const nats = await startNats(t);
  const bus = await connectBus({ servers: nats.url, name: 'test' });
  t.after(() => bus.drain());
  await bus.ensureTopology();
  const registry = new Registry(bus);
  const card = await publishModel(registry, 1);
  await registry.promote('champion', card.version, 'the first');

  const [ingestPort, predictorPort] = [await freePort(), await freePort()];
  const environment = {
    SULCUS_NATS_URL: nats.url,
    SULCUS_DATA_DIR: dataDir,
    SULCUS_PSEUDONYM_KEY: KEY,
    SULCUS_TRACE_FILE: path.join(spans, 'spans.jsonl'),
    SULCUS_INGEST_ADDRESS: `127.0.0.1:${ingestPort}`,
    SULCUS_PREDICTOR_ADDRESS: `127.0.0.1:${predictorPort}`,
    SULCUS_WATCH_DIR: watched,
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
  while (names.doors.size < PLANTED) {
    const metadata = { [`x-${names.next('name of metadata').toLowerCase()}`]: names.next('metadata') };
    using client = createClient('Predictor', environment.SULCUS_PREDICTOR_ADDRESS);
    await client.predict({ image: await noiseImage(++seed), name: names.next('request name') }, { metadata });
  }
  const dead = async (): Promise<number> => (await bus.statsOf('DEAD')).messages;
  await until(async () => (await dead()) >= 7, 'what is refused is told of');
  await until(async () => (await bus.statsOf('PREDICTIONS')).messages >= 3, 'predictions are on record');
  const messages = await messagesOf(bus);
  await Promise.all(services.splice(0).map((service) => service.stop().then(() => outputs.push(service.output))));

  assert.match(messages.toString('latin1'), /glioma/, 'messages were read');
  assert.deepEqual(names.foundIn(messages), []);
  const stored = await filesBelow(nats.storeFolder);
  assert.ok(Buffer.concat([...stored.values()]).includes('glioma'), 'the store was read');
  for (const [file, content] of [...stored, ...(await filesBelow(spans))])
    assert.deepEqual(names.foundIn(content), [], file);
  const log = [...outputs, imported.stdout, imported.stderr].join('\n').split('\n');
  const lines = log.filter((line) => line.startsWith('{'));
  assert.ok(lines.length > 20, 'logs were read');
  assert.deepEqual(names.foundIn(Buffer.from(lines.join('\n'))), []);
  assert.ok(names.doors.size >= PLANTED);
});

const outputs: string[] = [];
