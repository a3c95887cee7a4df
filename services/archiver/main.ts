import { openObjectStore, SampleArchive } from '#libs/archive';
import { openBus } from '#libs/bus';
import { isMain, parseCommandLine, runService } from '#libs/service';
import { environment, readConfig } from './config.js';
import { runArchiver } from './service.js';

/**
 * `sulcus archiver`: makes room on SCANS by moving scans to the archive, until it is told to stop. Configured by the
 * environment alone.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseCommandLine(
    {
      name: 'sulcus archiver',
      description: 'Moves scans that no run needs from the broker to the archive, and back when a label comes for one.',
      options: {},
      environment,
    },
    argv,
  );
  if (!parsed) return;
  await runService('archiver', async ({ signal, log, instance, fail }) => {
    const config = readConfig();
    const archive = new SampleArchive(await openObjectStore(config.archive, config.archiveEndpoint));
    await using bus = await openBus(config, { name: 'archiver', signal, log, instance, fail });
    try {
      await runArchiver({ bus, archive, config, log, instance }, signal);
    } finally {
      await archive.close();
    }
  });
}

if (isMain(import.meta.url)) await main(process.argv.slice(2));
