import { environmentHelp } from '#libs/config';
import { getRecipe, listRecipes } from '#libs/nn';
import { Command } from 'commander';
import { environment } from './config.js';

/** Answers `--help` and `--list-recipes` on stdout; otherwise the service is to run. */
export function parseArguments(argv: readonly string[]): 'answered' | 'run' {
  const program = new Command('sulcus trainer')
    .description('Fine-tunes a network on the stream: trains, validates, checkpoints, offers candidates.')
    .option('--list-recipes', 'print the recipes and what they train')
    .addHelpText('after', `\nEnvironment:\n${environmentHelp(environment)}`);
  program.parse([...argv], { from: 'user' });
  if (!program.opts<{ listRecipes?: boolean }>().listRecipes) return 'run';
  for (const name of listRecipes()) {
    const recipe = getRecipe(name);
    console.log(`${name.padEnd(16)} ${recipe.architecture}, batch ${recipe.batchSize}, at most ${recipe.epochs} epochs, ${recipe.optimizer.name} ${recipe.optimizer.learningRate}`);
  }
  return 'answered';
}
