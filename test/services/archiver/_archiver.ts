import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { ArchiveIndex, openObjectStore, SampleArchive } from '#libs/archive';
import { connectBus, followScans, publishRetention, subjects, type Bus, type ScanEntry } from '#libs/bus';
import { codecs, type ArchiveProgress, type LabelEventInput } from '#libs/contracts';
import { createLogger } from '#libs/telemetry';
import { readConfig, runArchiver } from '#services/archiver';
import { startNats, type TestNats } from '../../helpers/nats.js';
import { publishScan, type ScanOverrides } from '../../helpers/scans.js';
import { until } from '../../helpers/until.js';

const MAIN = new URL('../../../services/archiver/main.js', import.meta.url).pathname;

/** A broker with a small SCANS, an archive in a folder of its own, and archivers that end with the test. */
export interface Scene {
  readonly nats: TestNats;
  readonly bus: Bus;
  readonly folder: string;
  readonly archive: SampleArchive;
  readonly index: ArchiveIndex;
  /** Starts an archiver in this process; returns how to stop it. */
  start(environment?: NodeJS.ProcessEnv): Promise<() => Promise<void>>;
  /** Starts an archiver as a process. */
  spawn(environment?: NodeJS.ProcessEnv): ChildProcess & { log: () => string };
}

export async function startScene(
  test: TestContext,
  { scansBytes = 2_000_000, labelsBytes = 1_000_000 } = {},
): Promise<Scene> {
  // The broker ends last: node:test runs its hooks first to last.
  const cleanups: (() => unknown)[] = [];
  const atEnd = (cleanup: () => unknown): unknown => cleanups.unshift(cleanup);
  test.after(async () => {
    for (const cleanup of cleanups) await cleanup();
  });
  const nats = await startNats();
  atEnd(() => nats.stop());
  const bus = await connectBus({ servers: nats.url, name: 'test' });
  atEnd(() => bus.drain());
  await bus.ensureTopology({ maxBytes: { SCANS: scansBytes, LABELS: labelsBytes } });
  const root = await mkdtemp(path.join(tmpdir(), 'sulcus-archiver-'));
  atEnd(() => rm(root, { recursive: true, force: true }));
  const folder = path.join(root, 'archive');
  const environmentOf = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
    SULCUS_NATS_URL: nats.url,
    SULCUS_ARCHIVE: folder,
    SULCUS_ARCHIVE_INTERVAL: '50ms',
    ...environment,
  });
  return {
    nats,
    bus,
    folder,
    archive: new SampleArchive(await openObjectStore(folder)),
    index: new ArchiveIndex(bus),
    start: async (environment = {}) => {
      const config = readConfig(environmentOf(environment));
      const archive = new SampleArchive(await openObjectStore(config.archive, config.archiveEndpoint));
      const own = await connectBus({ servers: nats.url, name: 'archiver' });
      const stop = new AbortController();
      const running = runArchiver(
        { bus: own, archive, config, log: createLogger('archiver'), instance: 'test' },
        stop.signal,
      );
      running.catch(() => undefined);
      let stopped = false;
      const end = async (): Promise<void> => {
        if (stopped) return;
        stopped = true;
        stop.abort();
        await running;
        await own.drain();
      };
      atEnd(end);
      return end;
    },
    spawn: (environment = {}) => {
      const child = spawn(process.execPath, [MAIN], {
        env: { ...process.env, ...environmentOf(environment) },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let log = '';
      child.stderr.on('data', (text: Buffer) => (log += text.toString()));
      atEnd(() => end(child));
      return Object.assign(child, { log: () => log });
    },
  };
}

/** Kills a process and waits until it is gone. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Bytes of a made-up image: the same for the same number and size. */
export const imageOf = (number: number, sizeBytes = 4000): Buffer =>
  Buffer.concat([Buffer.from(`image ${number} `), Buffer.alloc(sizeBytes, number % 251)]);

export const idOf = (image: Uint8Array): string => createHash('sha256').update(image).digest('hex');

/** Publishes made-up images `from` … `to` - 1, one after the other; waits while the stream is full, as ingest does. */
export async function publishScans(
  bus: Bus,
  from: number,
  to: number,
  overrides: ScanOverrides = {},
  sizeBytes?: number,
): Promise<{ sampleId: string; sequence: number }[]> {
  const sent = [];
  for (let number = from; number < to; number++)
    sent.push(await publishScan(bus, imageOf(number, sizeBytes), overrides));
  return sent;
}

/** Says that a run has settled everything, but for what it retains. */
export const settled = (bus: Bus, retained: readonly number[] = [], labelsThrough = 1e9): Promise<void> =>
  publishRetention(bus, { run: 'main', settledThrough: 1e9, labelsThrough, retained });

export const label = (bus: Bus, event: LabelEventInput): Promise<{ sequence: number }> =>
  bus.publish(subjects.label('local'), codecs.LabelEvent, { labelledUnixMs: Date.now(), site: 'local', ...event });

/** What is on SCANS now. */
export async function scansOf(bus: Bus): Promise<ScanEntry[]> {
  const found: ScanEntry[] = [];
  const signal = AbortSignal.timeout(30_000);
  for await (const scan of followScans(bus, { signal, storedOnly: true })) found.push(scan);
  return found;
}

/** Ids of everything in an archive; each object is read and compared with its hash. */
export async function archivedIds(archive: SampleArchive): Promise<string[]> {
  const ids: string[] = [];
  for await (const { sampleId } of archive.list()) {
    await archive.load(sampleId);
    ids.push(sampleId);
  }
  return ids;
}

/** Waits until so many samples are in the archive and have left SCANS. */
export const untilArchived = (scene: Scene, count: number): Promise<void> =>
  until(async () => ((await scene.index.state())?.archived ?? 0) >= count, `${count} archived samples`, 30_000);

export const untilState = async (
  { index }: Scene,
  holds: (state: ArchiveProgress) => boolean,
  what: string,
): Promise<ArchiveProgress> => {
  let last: ArchiveProgress | undefined;
  await until(async () => (last = await index.state()) !== undefined && holds(last), what, 30_000);
  return last!;
};
