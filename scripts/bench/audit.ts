/** How long an audit and a lineage take, and how much memory: `npm run bench:audit -- --samples 1000000`. */
import { connectBus } from '#libs/bus';
import { flag, integer } from '#libs/config';
import { parseCommandLine } from '#libs/service';
import { startNats } from '../../test/helpers/nats.js';
import { measureCommand } from './audit/measure-command.js';
import { measureCheckpoint } from './audit/checkpoint.js';
import { CLASSES, makeState } from './audit/state.js';

const OPTIONS = {
  samples: ['--samples <n>', integer({ default: 1_000_000, min: 100, description: 'accepted samples in the state' })],
  json: ['--json', flag({ default: false, description: 'print one line of JSON instead of a table' })],
} as const;

const description = 'Makes a state of so many samples in a broker of its own, then measures sulcus audit and lineage.';
const parsed = parseCommandLine({ name: 'bench:audit', description, options: OPTIONS }, process.argv.slice(2));
if (parsed) await bench(parsed.options);

async function bench({ samples, json }: { samples: number; json: boolean }): Promise<void> {
  const nats = await startNats();
  try {
    await using bus = await connectBus({ servers: nats.url, name: 'bench' });
    await bus.ensureTopology();
    const tell = (done: number): void => void process.stderr.write(`${done} of ${samples} samples stored\n`);
    const { version, sample, lineageMs } = await makeState(bus, samples, tell);
    const lineageBytes = (await bus.statsOf('LINEAGE')).bytes;
    const place = ['--json', '--nats', nats.url];
    const measured = {
      audit: await measureCommand(['audit', ...place, '--archive', '/nonexistent']),
      'lineage of a version': await measureCommand(['lineage', version, ...place]),
      'lineage of a sample': await measureCommand(['lineage', sample, ...place]),
    };
    const checkpoint = await measureCheckpoint(bus, CLASSES);
    const rows = Object.entries(measured).map(([what, { seconds, cpuSeconds, peakMb, exitCode }]) => ({
      what,
      seconds: Math.round(seconds * 10) / 10,
      cpuSeconds: Math.round(cpuSeconds * 10) / 10,
      peakMb: Math.round(peakMb),
      exitCode,
    }));
    const lineage = { bytesPerSample: lineageBytes / samples, msPer20000Samples: (lineageMs / samples) * 20_000 };
    if (json) console.log(JSON.stringify({ samples, rows, lineage, checkpoint }));
    else {
      console.table(rows);
      console.log(
        `lineage: ${lineage.bytesPerSample.toFixed(2)} bytes a sample on the broker, ` +
          `${lineage.msPer20000Samples.toFixed(1)} ms to list and store 20,000 samples`,
      );
      console.log(
        `a checkpoint of a ResNet-18 with Adam: ${checkpoint.aloneMs.toFixed(0)} ms, with the list of 7,500 samples ` +
          `since the last ${checkpoint.withLineageMs.toFixed(0)} ms (${(checkpoint.share * 100).toFixed(1)} % more); ` +
          `to note these as they are learned ${checkpoint.notedMs.toFixed(1)} ms`,
      );
    }
    process.exitCode = rows.every(({ exitCode }) => exitCode === 0) ? 0 : 1;
  } finally {
    await nats.stop();
  }
}
