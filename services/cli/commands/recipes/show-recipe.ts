import { wholeRecipe } from '#libs/nn';
import { parseCommandLine } from '#libs/service';
import { resolveTransform } from '#services/trainer';
import { recipeNamed } from '../../shared/recipe-named.js';

/** `sulcus recipes show NAME|FILE`: a recipe to begin one's own with, or one's own, checked. */
export async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseCommandLine(
    {
      name: 'sulcus recipes show',
      description: 'Prints a recipe whole, as JSON: one of those there are, or a file of your own, which is checked.',
      options: {},
      operand: '<name|file>',
      notes: 'Edited, it is given back as a file: sulcus up --recipe FILE.json, SULCUS_RECIPE=FILE.json.',
    },
    argv,
  );
  if (!parsed) return;
  const recipe = await recipeNamed(parsed.operand!);
  resolveTransform(recipe);
  console.log(JSON.stringify(wholeRecipe(recipe), undefined, 2));
}
