import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { connectBus, type Bus } from '#libs/bus';
import { codecs, type DeadLetter, type PipelineEvent, type Scan } from '#libs/contracts';
import { createClient } from '#libs/rpc';
import { createLogger } from '#libs/telemetry';
import {
  BrokerSink,
  IngestEvents,
  IngestService,
  Ingestor,
  Pseudonyms,
  readConfig,
  reportOn,
  type IngestConfig,
} from '#services/ingest';
import { startNats, type TestNats } from '../../helpers/nats.js';

export const TEST_KEY = 'a key of the test that is long enough';

export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-ingest-'));
  atEnd(t, () => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Ends things in the reverse order of their start, the broker last: node:test runs its hooks first to last. */
const cleanups = new WeakMap<TestContext, (() => unknown)[]>();

export function atEnd(t: TestContext, cleanup: () => unknown): void {
  const known = cleanups.get(t);
  if (known) return void known.push(cleanup);
  const all = [cleanup];
  cleanups.set(t, all);
  t.after(async () => {
    for (const end of all.reverse()) await end();
  });
}

export interface Harness {
  nats: TestNats;
  bus: Bus;
  config: IngestConfig;
  /** Lines that were logged, parsed. */
  logged: { level: string; msg: string; [key: string]: unknown }[];
}

/** A broker with the topology, and a configuration for it. */
export async function startHarness(
  t: TestContext,
  environment: Record<string, string> = {},
  options: { maxPayload?: string } = {},
): Promise<Harness> {
  const nats = await startNats(undefined, options);
  atEnd(t, () => nats.stop());
  const bus = await connectBus({ servers: nats.url, name: 'ingest' });
  atEnd(t, () => bus.drain());
  await bus.ensureTopology();
  const config = readConfig({
    SULCUS_NATS_URL: nats.url,
    SULCUS_SITE: 'site-a',
    SULCUS_SEND_NAMES: 'true',
    SULCUS_INGEST_ADDRESS: '127.0.0.1:0',
    SULCUS_PSEUDONYM_KEY: TEST_KEY,
    SULCUS_DATA_DIR: await temporaryFolder(t),
    ...environment,
  });
  return { nats, bus, config, logged: [] };
}

export const harnessLog = (harness: Harness) =>
  createLogger('ingest', { write: (line) => harness.logged.push(JSON.parse(line) as Harness['logged'][number]) });

/** The pipeline of ingest without a source. */
export function createIngestor(t: TestContext, harness: Harness, importId = 'test') {
  const { bus, config } = harness;
  const events = new IngestEvents(reportOn(bus, 'test'), harnessLog(harness), importId);
  atEnd(t, () => events.finish());
  const ingestor = new Ingestor({
    sink: new BrokerSink({ bus, config, events }),
    config,
    events,
    pseudonyms: new Pseudonyms(config.site, Buffer.from(TEST_KEY)),
  });
  atEnd(t, () => ingestor.close());
  return { ingestor, events, maxFileBytes: config.maxFileBytes };
}

/** The whole service with a client of it. */
export async function startService(t: TestContext, harness: Harness) {
  const service = await IngestService.start({
    bus: harness.bus,
    config: harness.config,
    log: harnessLog(harness),
    instance: 'test',
  });
  atEnd(t, () => service.stop(0));
  const client = createClient('Ingest', service.address);
  atEnd(t, () => client.close());
  return { service, client };
}

async function readAll<T>(
  bus: Bus,
  stream: 'SCANS' | 'DEAD' | 'EVENTS' | 'LABELS',
  codec: Parameters<typeof bus.get<T>>[2],
) {
  const messages: { message: T; subject: string; headers: { get(name: string): string | undefined } }[] = [];
  if ((await bus.stats())[stream].messages === 0) return messages;
  const controller = new AbortController();
  for await (const { message, subject, headers, pending } of bus.follow({ stream, codec, signal: controller.signal })) {
    messages.push({ message: message!, subject, headers });
    if (pending === 0) break;
  }
  return messages;
}

export const readScans = (bus: Bus) => readAll<Scan>(bus, 'SCANS', codecs.Scan);
export const readLabels = (bus: Bus) => readAll(bus, 'LABELS', codecs.LabelEvent);
export const readDeadLetters = async (bus: Bus): Promise<DeadLetter[]> =>
  (await readAll<DeadLetter>(bus, 'DEAD', codecs.DeadLetter)).map(({ message }) => message);
export const readEvents = async (bus: Bus): Promise<PipelineEvent[]> =>
  (await readAll<PipelineEvent>(bus, 'EVENTS', codecs.PipelineEvent)).map(({ message }) => message);

export async function collect<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const message of messages) collected.push(message);
  return collected;
}

export const sleep = (timeMs: number) => new Promise<void>((resolve) => setTimeout(resolve, timeMs));
