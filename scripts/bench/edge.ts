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
import { integer, integers } from '#libs/config';
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
} as const;

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

const onScans = async (bus: Bus): Promise<number> => (await bus.statsOf('SCANS')).messages;

const parsed = parseCommandLine(
  { name: 'bench:edge', description: 'Measures an edge.', options: OPTIONS },
  process.argv.slice(2),
);
if (parsed) await measure(parsed.options);

async function measure({ slices, associations, roundTrips }: NonNullable<typeof parsed>['options']): Promise<void> {
  if (!dcmtk('storescu')) throw new Error('There is no storescu here: npm run setup:peers brings it');
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-bench-edge-'));
  const nats = await startNats(undefined, { syncInterval: 'always' });
  const children: ChildProcess[] = [];
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
      });
      children.push(edge);
      const status = async (): Promise<EdgeStatus | undefined> => readStatus(dataDir);
      await until(async () => (await status())?.link.state === 'up', 'an edge with a link', 60_000);
      const files = await writeSlices(folder, slices, round);
      const before = await onScans(bus);
      const cpuBefore = [processorMs([edge.pid!]), processorMs([core.pid!])];
      const startMs = performance.now();
      const share = Math.ceil(files.length / associations);
      const sent = await Promise.all(
        Array.from({ length: associations }, (_, index) =>
          runDcmtk('storescu', [
            ...['-aec', 'SULCUS', '127.0.0.1', String(dicomPort)],
            ...files.slice(index * share, (index + 1) * share),
          ]),
        ),
      );
      const spooledMs = performance.now() - startMs;
      for (const { code, output } of sent) if (code !== 0) throw new Error(`storescu failed: ${output.slice(-500)}`);
      await until(async () => (await onScans(bus)) - before >= slices, 'all slices at the core', 300_000);
      const storedMs = performance.now() - startMs;
      const cpu = (of: ChildProcess, which: 0 | 1): string =>
        ((processorMs([of.pid!]) - cpuBefore[which]!) / slices).toFixed(1);
      const rate = (timeMs: number): string => `${((1000 * slices) / timeMs).toFixed(0)}/s`;
      process.stdout.write(
        `round trip ${roundTripMs} ms · ${slices} slices, ${associations} associations · ` +
          `to the spool ${rate(spooledMs)} · to the core's disk ${rate(storedMs)} · ` +
          `processor time per slice: edge ${cpu(edge, 0)}, core ${cpu(core, 1)} ms · ` +
          `edge ${Math.round(peakRssBytes([edge.pid!]) / 1e6)} MB at most\n`,
      );
      await end(edge);
      await link.stop();
      for (const file of files) await rm(file);
    }
  } finally {
    for (const child of children) await end(child);
    await nats.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
