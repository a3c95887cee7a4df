import type { Recipe } from '#libs/nn';
import { readConfig, resolveRecipe } from '#services/trainer';

/**
 * A recipe by its name or file, whatever the environment would override but whether code is run. Throws INVALID_CONFIG,
 * NOT_FOUND.
 */
export const recipeNamed = (recipe: string): Promise<Recipe> =>
  resolveRecipe(
    readConfig({
      SULCUS_RECIPE: recipe,
      SULCUS_CLASSES: 'a,b',
      SULCUS_RECIPE_CODE: process.env['SULCUS_RECIPE_CODE'],
    }),
  );
