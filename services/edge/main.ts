import { isMain, parseCommandLine, runService } from '#libs/service';
import { configOption, enterConfigFile } from './config-file.js';
import { environment, readConfig } from './config.js';
import { runEdge } from './service.js';

/** `sulcus edge`: takes images in beside the scanners and sends them to the core, until it is told to stop. */
export async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseCommandLine(
    {
      name: 'sulcus edge',
      description:
        'Takes images in at a site, keeps them on its disk, and sends them to the core, whatever the line does.',
      options: configOption,
      environment,
    },
    argv,
  );
  if (!parsed) return;
  enterConfigFile(parsed.options.config);
  await runService('edge', async ({ signal, log }) => runEdge({ config: readConfig(), log }, signal));
}

if (isMain(import.meta.url)) await main(process.argv.slice(2));
