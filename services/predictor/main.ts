import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { connectBus } from '#libs/bus';
import { runService } from '#libs/service';
import { readConfig } from './config.js';
import { PredictorService } from './service.js';

/** Runs the predictor until it is told to stop. Configured by the environment alone (see README.md). */
export async function main(): Promise<void> {
  await runService('predictor', async ({ signal, log, instance }) => {
    const config = readConfig();
    await using bus = await connectBus({ servers: config.natsUrl, name: 'predictor', signal });
    await bus.ensureTopology();
    await using _service = await PredictorService.start({ config, bus, log, instance });
    if (!signal.aborted) await once(signal, 'abort');
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
