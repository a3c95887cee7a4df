import { openBus } from '#libs/bus';
import { isMain, parseCommandLine, runService } from '#libs/service';
import { environment, readConfig } from './config.js';
import { runPredictor } from './service.js';

/** `sulcus predictor`: answers until it is told to stop. Configured by the environment alone. */
export async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseCommandLine(
    {
      name: 'sulcus predictor',
      description: 'Answers predictions over gRPC with the newest promoted model.',
      options: {},
      environment,
    },
    argv,
  );
  if (!parsed) return;
  await runService('predictor', async ({ signal, log, instance, fail }) => {
    const config = readConfig();
    await using bus = await openBus(config, { name: 'predictor', signal, log, instance, fail });
    await runPredictor({ bus, config, log, instance }, signal);
  });
}

if (isMain(import.meta.url)) await main(process.argv.slice(2));
