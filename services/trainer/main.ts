import { openBus } from '#libs/bus';
import { startEngine } from '#libs/engine';
import { isMain, packageVersion, parseCommandLine, runService } from '#libs/service';
import { environment, readConfig } from './config.js';
import { resolveRecipe } from './recipe/resolve-recipe.js';
import { runTrainer } from './service.js';

/** `sulcus trainer`: configured by environment, trains until it is told to stop. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = 'Fine-tunes a network on the stream: trains, validates, checkpoints, offers candidates.';
  const parsed = parseCommandLine({ name: 'sulcus trainer', description, options: {}, environment }, argv);
  if (!parsed) return;
  await runService('trainer', async ({ signal, log, instance, fail }) => {
    const config = readConfig();
    const recipe = await resolveRecipe(config);
    await using bus = await openBus(config, { name: 'trainer', signal, log, instance, fail });
    await using engine = await startEngine({
      threads: config.engineThreads,
      maxDevices: recipe.shards ?? 1,
      label: 'trainer',
    });
    await runTrainer({ bus, engine, config, recipe, log, instance, codeVersion: packageVersion() }, signal);
  });
}

if (isMain(import.meta.url)) await main(process.argv.slice(2));
