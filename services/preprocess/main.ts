import { openBus } from '#libs/bus';
import { isMain, parseCommandLine, runService } from '#libs/service';
import { environment, readConfig } from './config.js';
import { runPreprocess } from './service.js';

/**
 * `sulcus preprocess`: turns scans into tensor batches until it is told to stop. Configured by the environment alone.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseCommandLine(
    {
      name: 'sulcus preprocess',
      description: 'Turns scans into tensor batches, as trainers request them. Run several to share the work.',
      options: {},
      environment,
    },
    argv,
  );
  if (!parsed) return;
  await runService('preprocess', async ({ signal, log, instance, fail }) => {
    const config = readConfig();
    await using bus = await openBus(config, { name: 'preprocess', signal, log, instance, fail });
    await runPreprocess({ bus, config, log, instance }, signal);
  });
}

if (isMain(import.meta.url)) await main(process.argv.slice(2));
