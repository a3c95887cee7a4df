import { recipeJsonSchema } from '#libs/nn';
import { dispatch } from '../../shared/dispatch.js';
import { main as list } from './list-recipes.js';

const groups = {
  Commands: {
    show: {
      operand: '<name|file>',
      description: 'print a recipe whole, as JSON that can be edited and given back; checks a file of your own',
      load: () => import('./show-recipe.js'),
    },
    schema: {
      description: 'print the JSON schema of recipe files',
      load: async () => ({ main: async () => console.log(JSON.stringify(recipeJsonSchema(), undefined, 2)) }),
    },
  },
};

/** `sulcus recipes [show|schema]`: without a command it lists them. */
export async function main(argv: readonly string[]): Promise<void> {
  if (argv.length === 0 || argv[0]!.startsWith('-')) return list(argv);
  await dispatch({ name: 'sulcus recipes', description: 'What can be trained, and how.', groups }, argv);
}
