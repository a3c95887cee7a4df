import { SulcusError } from '#libs/errors';
import { transforms, validateTransform, type TransformSpec } from '#libs/imaging';
import { getRecipe, parseRecipe, type Recipe } from '#libs/nn';
import { readFileSync } from 'node:fs';
import type { TrainerConfig } from './config.js';

/** The recipe that the configuration names, with what the environment overrides. Throws INVALID_CONFIG. */
export function resolveRecipe(config: TrainerConfig): Recipe {
  const recipe = config.recipe.endsWith('.json') ? readRecipe(config.recipe) : getRecipe(config.recipe);
  const { epochs = recipe.epochs, seed = recipe.seed, learningRate = recipe.optimizer.learningRate } = config;
  return { ...recipe, epochs, seed, optimizer: { ...recipe.optimizer, learningRate } };
}

/** The transform of a recipe: a name that libs/imaging knows, or a complete specification. */
export function resolveTransform(recipe: Recipe): TransformSpec {
  if (typeof recipe.transform !== 'string') return validateTransform(recipe.transform);
  const named = transforms[recipe.transform];
  if (!named) throw new SulcusError('INVALID_CONFIG', `Recipe "${recipe.name}" names the transform "${recipe.transform}"; known are ${Object.keys(transforms).join(', ')}`);
  return named;
}

function readRecipe(path: string): Recipe {
  try {
    return parseRecipe(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    if (error instanceof SulcusError) throw error;
    throw new SulcusError('INVALID_CONFIG', `SULCUS_RECIPE: ${path} cannot be read as JSON: ${(error as Error).message}`, { cause: error });
  }
}
