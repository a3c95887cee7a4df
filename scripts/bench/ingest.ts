/** Uploads to an ingest process, until they are on the disk of its broker: `npm run bench:ingest -- --help`. */
import { report } from './run.js';
import { readIngestOptions, type IngestBenchOptions } from './ingest/options.js';
import { startParty } from './ingest/party.js';
import { ingestJson, ingestTable } from './ingest/report.js';
import { measureTurns, renderImages } from './ingest/turns.js';

async function runBenchmark(options: IngestBenchOptions): Promise<string> {
  const images = await renderImages(options);
  const imageBytes = images.reduce((sum, { length }) => sum + length, 0) / images.length;
  await using plain = await startParty('plain');
  await using secured = options.tls ? await startParty('tls') : undefined;
  const results = await measureTurns(secured ? [plain, secured] : [plain], images, options);
  return options.json ? ingestJson(options, imageBytes, results) : ingestTable(options, imageBytes, results);
}

await report('ingest', async () => {
  const options = readIngestOptions(process.argv.slice(2));
  return options && (await runBenchmark(options));
});
