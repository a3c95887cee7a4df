import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { connectBus } from '#libs/bus';
import { parseCommandLine, runService } from '#libs/service';
import { predictorEnvironment, readConfig } from './config.js';
import { PredictorService } from './service.js';

/** `sulcus predictor`: answers until it is told to stop. Configured by the environment alone. */
export async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseCommandLine(
    {
      name: 'sulcus predictor',
      description: 'Answers predictions over gRPC with the newest promoted model.',
      options: {},
      environment: predictorEnvironment,
    },
    argv,
  );
  if (!parsed) return;
  await runService('predictor', async ({ signal, log, instance }) => {
    const config = readConfig();
    await using bus = await connectBus({ servers: config.natsUrl, name: 'predictor', signal });
    await bus.ensureTopology();
    await using _service = await PredictorService.start({ config, bus, log, instance });
    if (!signal.aborted) await once(signal, 'abort');
  });
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  await main(process.argv.slice(2));
