import { getRecipe, wholeRecipe } from '#libs/nn';
import { parseCommandLine } from '#libs/service';

/** `sulcus recipes show NAME`: a recipe to begin one's own with. */
export async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseCommandLine(
    {
      name: 'sulcus recipes show',
      description: 'Prints a recipe whole, as JSON.',
      options: {},
      operand: '<name>',
      notes: 'Edited, it is given back as a file: sulcus up --recipe FILE.json, SULCUS_RECIPE=FILE.json.',
    },
    argv,
  );
  if (parsed) console.log(JSON.stringify(wholeRecipe(getRecipe(parsed.operand!)), undefined, 2));
}
