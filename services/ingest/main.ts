import { openBus } from '#libs/bus';
import { isMain, parseCommandLine, runService } from '#libs/service';
import { readConfig, environment } from './config.js';
import { runIngest } from './service.js';

/** `sulcus ingest`: takes images in until it is told to stop. Configured by the environment alone. */
export async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseCommandLine(
    {
      name: 'sulcus ingest',
      description: 'Takes images in over gRPC and from a watched folder.',
      options: {},
      environment: environment,
    },
    argv,
  );
  if (!parsed) return;
  await runService('ingest', async ({ signal, log, instance, fail }) => {
    const config = readConfig();
    await using bus = await openBus(config, { name: 'ingest', signal, log, instance, fail });
    await runIngest({ bus, config, log, instance }, signal);
  });
}

if (isMain(import.meta.url)) await main(process.argv.slice(2));
