import { once } from 'node:events';
import { connectBus } from '#libs/bus';
import { isMain, parseCommandLine, runService } from '#libs/service';
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

if (isMain(import.meta.url)) await main(process.argv.slice(2));
