import { getRecipe, listRecipes } from '#libs/nn';

/** `--list-recipes`: name, description and the figures that matter, two lines each. */
export function printRecipes(): void {
  for (const recipe of listRecipes().map(getRecipe)) {
    const { name, description = '', architecture, input, batchSize, epochs, optimizer } = recipe;
    const training = `batch ${batchSize}, at most ${epochs} epochs, ${optimizer.name} ${optimizer.learningRate}`;
    console.log(`${name.padEnd(32)} ${description}`);
    console.log(`${' '.repeat(33)}${architecture} at ${input.height}x${input.width}, ${training}`);
  }
}
