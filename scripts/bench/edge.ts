/**
 * `npm run bench:edge`: slices per second from DCMTK's storescu to an edge's spool, and on to the core's broker, with a
 * sync on both sides, over a line with and without a round trip; and what memory the edge takes. Slices are MR, 512 x
 * 512, 16 bits, each with its own pixels. Broker, core and edge are processes of their own, as in operation.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectBus, type Bus } from '#libs/bus';
import { flag, integer, integers } from '#libs/config';
import { parseCommandLine } from '#libs/service';
import { readStatus, type EdgeStatus } from '#services/edge';
import { dcmtk, runDcmtk } from '../../test/helpers/dcmtk.js';
import { startLink } from '../../test/helpers/link.js';
import { freePort, startNats } from '../../test/helpers/nats.js';
import { until } from '../../test/helpers/until.js';
import { peakRssBytes, processorMs } from './processes.js';
import { writeSlices } from './slices.js';

const OPTIONS = {
  slices: ['--slices <n>', integer({ min: 1, max: 100_000, default: 300, description: 'slices per round' })],
  associations: ['--associations <n>', integer({ min: 1, max: 16, default: 2, description: 'senders at a time' })],
  roundTrips: [
    '--round-trips <ms>',
    integers({ min: 0, max: 1000, default: [0, 40], description: 'lines, by their round trip' }),
  ],
  json: ['--json', flag({ default: false, description: 'one JSON line at the end instead of a line per round' })],
} as const;

/** Files that are sent at a time; more slices are the same pixels under new UIDs, so that they need no disk. */
const FILES = 500;

const CLI = path.resolve('dist/services/cli/main.js');

function start(command: string, environment: Record<string, string>): ChildProcess {
  const env = { ...process.env, SULCUS_LOG_LEVEL: 'warn', ...environment };
  return spawn(process.execPath, [CLI, command], { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** What was measured over one line. */
interface Round {
  roundTripMs: number;
  slices: number;
  associations: number;
  toSpoolPerSecond: number;
  toCorePerSecond: number;
  edgeProcessorMsPerSlice: number;
  coreProcessorMsPerSlice: number;
  edgePeakMb: number;
}

const onScans = async (bus: Bus): Promise<number> => (await bus.statsOf('SCANS')).messages;

const parsed = parseCommandLine(
  { name: 'bench:edge', description: 'Measures an edge.', options: OPTIONS },
  process.argv.slice(2),
);
if (parsed) await measure(parsed.options);

async function measure({
  slices,
  associations,
  roundTrips,
  json,
}: NonNullable<typeof parsed>['options']): Promise<void> {
  if (!dcmtk('storescu')) throw new Error('There is no storescu here: npm run setup:peers brings it');
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-bench-edge-'));
  const nats = await startNats(undefined, { syncInterval: 'always' });
  const children: ChildProcess[] = [];
  const rounds: Round[] = [];
  try {
    await using bus = await connectBus({ servers: nats.url, name: 'bench' });
    await bus.ensureTopology();
    const corePort = await freePort();
    const core = start('ingest', {
      SULCUS_NATS_URL: nats.url,
      SULCUS_SITE: 'core',
      SULCUS_INGEST_ADDRESS: `127.0.0.1:${corePort}`,
      SULCUS_DATA_DIR: path.join(folder, 'core'),
    });
    children.push(core);
    for (const [round, roundTripMs] of roundTrips.entries()) {
      const link = await startLink(undefined, corePort, { oneWayMs: roundTripMs / 2 });
      const dicomPort = await freePort();
      const dataDir = path.join(folder, `edge-${round}`);
      const edge = start('edge', {
        SULCUS_SITE: 'north',
        SULCUS_DATA_DIR: dataDir,
        SULCUS_INGEST_ADDRESS: `127.0.0.1:${await freePort()}`,
        SULCUS_EDGE_CORE: link.address,
        SULCUS_DICOM_ADDRESS: `127.0.0.1:${dicomPort}`,
        SULCUS_DICOM_CALLERS: '*',
        // The slices look alike: on several splits each would be told of.
        SULCUS_SPLIT_SHARES: '100/0/0',
      });
      children.push(edge);
      const status = async (): Promise<EdgeStatus | undefined> => readStatus(dataDir);
      await until(async () => (await status())?.link.state === 'up', 'an edge with a link', 60_000);
      const files = await writeSlices(folder, Math.min(slices, FILES), round);
      const to = ['-aec', 'SULCUS', '127.0.0.1', String(dicomPort)];
      const cpuBefore = [processorMs([edge.pid!]), processorMs([core.pid!])];
      let [spooledMs, storedMs, left] = [0, 0, slices];
      for (let wave = 0; left > 0; wave++) {
        const sent = files.slice(0, left);
        const startMs = performance.now();
        await send(sent, { associations, to: [...(wave === 0 ? [] : ['+II']), ...to] });
        spooledMs += performance.now() - startMs;
        await until(async () => (await onScans(bus)) === sent.length, 'all slices at the core', 300_000);
        storedMs += performance.now() - startMs;
        left -= sent.length;
        await bus.deleteSubject('SCANS', 'scan.>');
      }
      const perSlice = (of: ChildProcess, which: 0 | 1): number =>
        (processorMs([of.pid!]) - cpuBefore[which]!) / slices;
      const measured: Round = {
        ...{ roundTripMs, slices, associations },
        toSpoolPerSecond: (1000 * slices) / spooledMs,
        toCorePerSecond: (1000 * slices) / storedMs,
        edgeProcessorMsPerSlice: perSlice(edge, 0),
        coreProcessorMsPerSlice: perSlice(core, 1),
        edgePeakMb: Math.round(peakRssBytes([edge.pid!]) / 1e6),
      };
      rounds.push(measured);
      if (!json) process.stdout.write(`${lineOf(measured)}\n`);
      await end(edge);
      await link.stop();
      for (const file of files) await rm(file);
    }
    if (json) process.stdout.write(`${JSON.stringify({ slices, rounds })}\n`);
  } finally {
    for (const child of children) await end(child);
    await nats.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Shares files among so many senders, and waits for all. */
async function send(
  files: readonly string[],
  { associations, to }: { associations: number; to: readonly string[] },
): Promise<void> {
  const share = Math.ceil(files.length / associations);
  const senders = Array.from({ length: associations }, (_, index) => files.slice(index * share, (index + 1) * share));
  const sent = await Promise.all(
    senders.filter((some) => some.length > 0).map((some) => runDcmtk('storescu', [...to, ...some])),
  );
  for (const { code, output } of sent) if (code !== 0) throw new Error(`storescu failed: ${output.slice(-500)}`);
}

function lineOf(measured: Round): string {
  return (
    `round trip ${measured.roundTripMs} ms · ${measured.slices} slices, ${measured.associations} associations · ` +
    `to the spool ${measured.toSpoolPerSecond.toFixed(0)}/s · ` +
    `to the core's disk ${measured.toCorePerSecond.toFixed(0)}/s · ` +
    `processor time per slice: edge ${measured.edgeProcessorMsPerSlice.toFixed(1)}, ` +
    `core ${measured.coreProcessorMsPerSlice.toFixed(1)} ms · edge ${measured.edgePeakMb} MB at most`
  );
}
