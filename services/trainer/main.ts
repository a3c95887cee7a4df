import { connectBus } from '#libs/bus';
import { startEngine } from '#libs/engine';
import { packageVersion, runService } from '#libs/service';
import { parseArguments } from './arguments.js';
import { readConfig } from './config.js';
import { resolveRecipe } from './recipe.js';
import { runTrainer } from './service.js';

/** `sulcus trainer`: configured by environment, trains until it is told to stop. */
export async function main(argv: readonly string[]): Promise<void> {
  if (parseArguments(argv) === 'answered') return;
  await runService('trainer', async ({ signal, log, instance }) => {
    const config = readConfig();
    const recipe = resolveRecipe(config);
    await using bus = await connectBus({ servers: config.natsUrl, name: 'trainer', signal });
    await bus.ensureTopology();
    await using engine = await startEngine({ threads: config.engineThreads, label: 'trainer' });
    await runTrainer({ bus, engine, config, recipe, log, instance, codeVersion: packageVersion() }, signal);
  });
}
