import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { ArchiveIndex } from '#libs/archive';
import { connectBus, Streams, subjects, type Bus } from '#libs/bus';
import { codecs, type ValidationResult } from '#libs/contracts';
import { encodeImage } from '#libs/imaging';
import { readLineage } from '#libs/lineage';
import { createRandom } from '#libs/random';
import { Registry } from '#libs/registry';
import { createClient } from '#libs/rpc';
import { placesOf } from '../../services/cli/lineage/sample-places.js';
import { versionsThatSaw } from '../../services/cli/lineage/versions-of.js';
import { freePort, startNats, type TestNats } from '../helpers/nats.js';
import { until } from '../helpers/until.js';
import { TrainerStarter } from '../services/trainer/_trainer.js';
import { publishScans } from '../services/trainer/_stream.js';

const CLI = [
  ...process.execArgv.filter((flag) => !flag.startsWith('--test')),
  path.resolve(import.meta.dirname, '../../services/cli/main.js'),
];
const RUN = 'week';
const RECIPE = {
  mode: 'stream',
  stream: {
    replayedPerArrival: 3,
    memorySize: 64,
    warmUp: { samples: 16, epochs: 2 },
    roundArrivals: 20,
    averageDecay: 0.8,
  },
};
const SLICES = 6;
/** Studies as the site knows them, and what is said of them a week later, each at another door. */
const STUDIES = { '1.2.3.77': 'right', '1.2.3.78': 'left' } as const;
const CODES = [{ system: 'urn:test', code: 'L', label: 'left' }];

/** The services of a site and its core, each a process, as they are started anew after whatever happened. */
class Services {
  readonly #trainers: TrainerStarter;
  readonly #environment: NodeJS.ProcessEnv;
  #stops: (() => Promise<unknown>)[] = [];

  constructor(nats: TestNats, environment: NodeJS.ProcessEnv) {
    this.#trainers = new TrainerStarter(nats.url);
    this.#environment = { ...process.env, NODE_TEST_CONTEXT: '', SULCUS_NATS_URL: nats.url, ...environment };
  }

  get environment(): NodeJS.ProcessEnv {
    return this.#environment;
  }

  start(environment: NodeJS.ProcessEnv = {}): void {
    for (const name of ['ingest', 'archiver', 'preprocess']) {
      const child = spawn(process.execPath, [...CLI, name], {
        env: { ...this.#environment, ...environment },
        stdio: ['ignore', 'ignore', 'ignore'],
      });
      const gone = new Promise((resolve) => child.once('close', resolve));
      this.#stops.push(() => (child.kill('SIGKILL'), gone));
    }
    const trainer = this.#trainers.start(RUN, { SULCUS_STREAM_PAUSE: '1s', SULCUS_CHECKPOINT_INTERVAL: '1ms' }, RECIPE);
    this.#stops.push(() => trainer.kill());
  }

  /** As a power loss does. */
  async kill(): Promise<void> {
    await Promise.all(this.#stops.map((stop) => stop()));
    this.#stops = [];
  }

  async close(): Promise<void> {
    await this.kill();
    this.#trainers.close();
  }

  output(): string {
    return this.#trainers.started.map((trainer) => trainer.output()).join('\n');
  }
}

/** A slice whose left or right half is brighter, as the base images are drawn. */
function slice(side: string, seed: string, index: number): Promise<Buffer> {
  const random = createRandom(seed, side, index);
  const data = Uint8Array.from(
    { length: 32 * 32 },
    (_, pixel) => (pixel % 32 < 16 === (side === 'left') ? 150 : 60) + random.integer(0, 60),
  );
  return encodeImage({ width: 32, height: 32, channels: 1, data }, 'png');
}

/** Validations of the run so far, oldest first. */
async function validations(bus: Bus): Promise<ValidationResult[]> {
  const found: ValidationResult[] = [];
  for await (const { message } of bus.follow({
    ...{ stream: Streams.EVENTS, subject: subjects.event('trainer'), codec: codecs.PipelineEvent, storedOnly: true },
    // Where there is none yet, none is waited for.
    signal: AbortSignal.timeout(2000),
  }))
    if (message?.validation) found.push(message.validation);
  return found;
}

async function scene(t: TestContext) {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-week-'));
  const nats = await startNats();
  const bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
  const codes = path.join(folder, 'codes.json');
  await writeFile(codes, JSON.stringify(CODES));
  const [rpc, http] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const services = new Services(nats, {
    SULCUS_SITE: 'site-a',
    SULCUS_DATA_DIR: path.join(folder, 'data'),
    SULCUS_INGEST_ADDRESS: rpc,
    SULCUS_HTTP_ADDRESS: http,
    SULCUS_LABEL_CODES: codes,
    SULCUS_ARCHIVE: path.join(folder, 'archive'),
    SULCUS_ARCHIVE_INTERVAL: '100ms',
  });
  t.after(async () => {
    await services.close();
    await bus.drain();
    await nats.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return { nats, bus, services, rpc, http };
}

test('a label that comes after restarts and a week changes the next round, by annotate and by a report', {
  timeout: 240_000,
}, async (t) => {
  const { nats, bus, services, rpc, http } = await scene(t);
  await publishScans(bus, 12, 'SPLIT_GATE', { seed: 'gate' });
  await publishScans(bus, 12, 'SPLIT_VALIDATION', { seed: 'validation' });
  await publishScans(bus, 36, 'SPLIT_TRAIN', { seed: 'train' });
  services.start();

  // Two studies come without a label, and the run learns what has one.
  const ofStudy = new Map<string, string[]>();
  using client = createClient('Ingest', rpc);
  await client.waitForReady(30_000);
  for (const [studyId, side] of Object.entries(STUDIES)) {
    const images = await Promise.all(Array.from({ length: SLICES }, (_, index) => slice(side, studyId, index)));
    const sent = images.map((image, index) => ({
      ...{ name: `${studyId}/${index}.png`, image, studyId, patientId: `patient of ${studyId}`, split: 'SPLIT_TRAIN' },
    }));
    const ids: string[] = [];
    for await (const { outcome, sampleId } of client.uploadImagesAcked(sent as never)) {
      assert.equal(outcome, 'OUTCOME_INGESTED');
      ids.push(sampleId);
    }
    ofStudy.set(studyId, ids);
  }
  const samples = [...ofStudy.values()].flat();
  // After the first samples, and a round behind them.
  await until(async () => (await validations(bus)).length === 2, 'two rounds', 90_000).catch((error: Error) => {
    throw new Error(`${error.message}\n${services.output()}`);
  });

  // Everything is killed, the broker too. A week passes: what has no label by then leaves the broker.
  await services.kill();
  await nats.restart();
  services.start({ SULCUS_ARCHIVE_UNLABELLED_AGE: '1s' });
  const archive = new ArchiveIndex(bus);
  const isArchived = async (sampleId: string): Promise<boolean> =>
    (await archive.get(sampleId)) !== undefined &&
    (await bus.getLast(Streams.SCANS, subjects.scanOf(sampleId), codecs.Scan)) === undefined;
  await until(async () => (await Promise.all(samples.map(isArchived))).every(Boolean), 'a week has passed', 60_000);
  const before = await validations(bus);
  assert.equal(before.length, 2, 'nothing was learned meanwhile');
  await services.kill();
  services.start({ SULCUS_ARCHIVE_UNLABELLED_AGE: '7d' });

  // The labels come, each at another door.
  const [annotated, reported] = Object.keys(STUDIES) as [string, string];
  await client.waitForReady(30_000);
  const words = ['annotate', annotated, '--study', '--label', STUDIES['1.2.3.77'], '--source', 'pathology'];
  const { stdout } = await promisify(execFile)(process.execPath, [...CLI, ...words], { env: services.environment });
  assert.match(stdout, /1 labels stored/);
  await until(() => fetch(`http://${http}/`).then(Boolean, () => false), 'the door for reports', 30_000);
  const response = await fetch(`http://${http}/fhir/DiagnosticReport`, {
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify({
      resourceType: 'DiagnosticReport',
      status: 'final',
      imagingStudy: [{ identifier: { system: 'urn:dicom:uid', value: `urn:oid:${reported}` } }],
      conclusionCode: [{ coding: [{ system: 'urn:test', code: 'L' }] }],
    }),
  });
  assert.equal(response.status, 200, await response.text());

  // The next round has learned from them, under these labels; no version before has.
  await until(async () => (await validations(bus)).length > 2, 'the next round', 90_000).catch((error: Error) => {
    throw new Error(`${error.message}\n${services.output()}`);
  });
  const next = (await validations(bus))[2]!;
  const cards = await new Registry(bus).list();
  const known = await readLineage(bus, AbortSignal.timeout(10_000));
  for (const [studyId, ids] of ofStudy)
    for (const sampleId of ids) {
      const [first] = versionsThatSaw(known, cards, await placesOf(bus, sampleId));
      assert.equal(first?.version, next.version, `${sampleId} of ${studyId}`);
      assert.deepEqual(first.labels, [STUDIES[studyId as keyof typeof STUDIES]]);
    }
});
