import { getRecipe, listRecipes } from '#libs/nn';
import { parseCommandLine, table } from '#libs/service';
import { jsonOption } from '../../shared/options.js';

const OPTIONS = { json: jsonOption() } as const;

/** `sulcus recipes`: what can be trained by name. */
export async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseCommandLine(
    {
      name: 'sulcus recipes',
      description: 'Lists the recipes: which network is trained on what, with which optimizer, for how long.',
      options: OPTIONS,
      notes:
        'sulcus recipes show NAME prints one whole (and checks a FILE), sulcus recipes schema the JSON schema of ' +
        'them all. A recipe of your own is a JSON, JavaScript or TypeScript file: sulcus up --recipe FILE, ' +
        'SULCUS_RECIPE=FILE.',
    },
    argv,
  );
  if (!parsed) return;
  const recipes = listRecipes().map(getRecipe);
  if (parsed.options.json) return console.log(JSON.stringify(recipes, undefined, 2));
  const rows = recipes.map(({ name, architecture, input, batchSize, epochs, optimizer, description = '' }) => [
    name,
    architecture,
    `${input.height} × ${input.width}`,
    String(batchSize),
    String(epochs),
    `${optimizer.name} ${optimizer.learningRate}`,
    description,
  ]);
  const header = ['recipe', 'network', 'pixels', 'batch', 'epochs', 'optimizer', 'what for'];
  console.log(table([header, ...rows], new Set([3, 4])).join('\n'));
}
