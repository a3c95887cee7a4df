/** What preprocess workers add, and what the broker costs: `npm run bench:pipeline -- --help`. */
import { measureBroker } from './pipeline/broker-share.js';
import { drawImages, measureWorkers } from './pipeline/measure-workers.js';
import { readPipelineOptions } from './pipeline/options.js';
import { pipelineJson, pipelineTable } from './pipeline/report.js';
import { report } from './run.js';

await report('pipeline', async () => {
  const options = readPipelineOptions(process.argv.slice(2));
  if (!options) return undefined;
  const tell = (what: string): void => void process.stderr.write(`${what}\n`);
  const workers = [];
  tell(`drawing ${options.images} images`);
  const images = await drawImages(options);
  for (const count of options.workers) {
    tell(`training with ${count} preprocess ${count === 1 ? 'worker' : 'workers'}`);
    workers.push(await measureWorkers(count, images, options.seconds));
  }
  tell(`storing images in both ways, ${options.rounds} times`);
  const result = { workers, broker: await measureBroker(options) };
  return options.json ? pipelineJson(result) : pipelineTable(result);
});
