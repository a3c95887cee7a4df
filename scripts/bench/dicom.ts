/**
 * `npm run bench:dicom [-- --slices 200 --rounds 5]`: slices per second over one association, from DCMTK's storescu to
 * durable on the broker, and what the ingest process needs for it. The slices are MR, 512 x 512, 16 bits, each with a
 * UID of its own. The ingest service is a process, compiled; the broker is the machine's, one more.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectBus } from '#libs/bus';
import { flag, integer } from '#libs/config';
import { parseCommandLine } from '#libs/service';
import { dcmtk, runDcmtk } from '../../test/helpers/dcmtk.js';
import { freePort, startNats } from '../../test/helpers/nats.js';
import { until } from '../../test/helpers/until.js';
import { peakRssBytes, processorMs, rssBytes } from './processes.js';
import { writeSlices } from './slices.js';

const MAIN = path.resolve(import.meta.dirname, '../../dist/services/ingest/main.js');

const megabytes = (bytes: number): number => Math.round(bytes / 1e6);

const OPTIONS = {
  slices: ['--slices <n>', integer({ min: 1, max: 100_000, default: 200, description: 'slices per round' })],
  rounds: ['--rounds <n>', integer({ min: 1, max: 1000, default: 5, description: 'rounds, one association each' })],
  json: ['--json', flag({ default: false, description: 'one JSON line at the end instead of a line per round' })],
} as const;

const description = 'Sends slices by C-STORE over one association and measures what the ingest process needs for them.';
const parsed = parseCommandLine(
  { name: 'npm run bench:dicom --', description, options: OPTIONS },
  process.argv.slice(2),
);
if (!parsed) process.exit(0);
const { slices, rounds, json } = parsed.options;
const results: { slicesPerSecond: number; processorMsPerSlice: number; residentMb: number; peakMb: number }[] = [];
if (!dcmtk('storescu')) throw new Error('There is no storescu here: npm run setup:peers brings it');
const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-bench-dicom-'));
const nats = await startNats();
let service: ChildProcess | undefined;
try {
  await using bus = await connectBus({ servers: nats.url, name: 'bench' });
  await bus.ensureTopology();
  const port = String(await freePort());
  service = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      SULCUS_NATS_URL: nats.url,
      SULCUS_INGEST_ADDRESS: '127.0.0.1:0',
      SULCUS_DICOM_ADDRESS: `127.0.0.1:${port}`,
      SULCUS_DICOM_CALLERS: '*',
      SULCUS_DATA_DIR: folder,
      SULCUS_PSEUDONYM_KEY: 'a key for measurements',
      SULCUS_SPLIT_SHARES: '100/0/0',
    },
  });
  const to = ['-aec', 'SULCUS', '127.0.0.1', port];
  await until(async () => (await runDcmtk('echoscu', to)).code === 0, 'ingest answers');
  const processes = [service.pid!];
  const files = await writeSlices(folder, slices, 0);
  for (let round = 0; round < rounds; round++) {
    const beforeMs = processorMs(processes);
    const startMs = performance.now();
    // From the second round on, the same pixels come under new UIDs.
    const anew = round === 0 ? [] : ['+II'];
    const { code, output } = await runDcmtk('storescu', [...anew, ...to, ...files]);
    const seconds = (performance.now() - startMs) / 1000;
    if (code !== 0) throw new Error(`storescu failed: ${output.slice(-500)}`);
    const processorMsPerSlice = (processorMs(processes) - beforeMs) / slices;
    const [rssMb, peakMb] = [megabytes(rssBytes(processes)), megabytes(peakRssBytes(processes))];
    const { messages } = await bus.statsOf('SCANS');
    if (messages !== slices) throw new Error(`${messages} scans came of ${slices} slices`);
    await bus.deleteSubject('SCANS', 'scan.>');
    const slicesPerSecond = slices / seconds;
    results.push({ slicesPerSecond, processorMsPerSlice, residentMb: rssMb, peakMb });
    if (!json)
      process.stdout.write(
        `round ${round + 1}: ${slices} slices in ${seconds.toFixed(2)} s, ${slicesPerSecond.toFixed(0)} slices/s · ` +
          `${processorMsPerSlice.toFixed(1)} ms of CPU a slice · ${rssMb} MB, at most ${peakMb} MB\n`,
      );
  }
  if (json) process.stdout.write(`${JSON.stringify({ slices, rounds: results })}\n`);
} finally {
  service?.kill();
  await nats.stop();
  await rm(folder, { recursive: true, force: true });
}
