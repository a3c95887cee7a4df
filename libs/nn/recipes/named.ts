import { SulcusError } from '#libs/errors';
import { parseRecipe, type Recipe } from './recipe.js';
import { S0_RECIPES } from './reproductions/s0.js';
import { S2_RECIPES } from './reproductions/s2.js';
import { S3_RECIPES } from './reproductions/s3.js';
import { S4_RECIPES } from './reproductions/s4.js';

const ADAM_DEFAULT = { name: 'adam', learningRate: 0.001 } as const;

const GENERAL_RECIPES: readonly Recipe[] = [
  {
    name: 'default',
    description: 'A small residual network that learns from a few hundred images on two processor cores in minutes',
    architecture: 'resnet10-slim',
    input: { height: 96, width: 96, channels: 1 },
    precision: 'auto',
    optimizer: ADAM_DEFAULT,
    batchSize: 16,
    epochs: 30,
    earlyStopping: { patience: 8 },
    transform: 'default',
    seed: 1,
  },
  {
    name: 'baseline-cnn',
    description: 'Three convolutions and two linear layers, for grey images of 256 px',
    architecture: 'baseline-cnn',
    input: { height: 256, width: 256, channels: 1 },
    precision: 'auto',
    optimizer: ADAM_DEFAULT,
    batchSize: 32,
    epochs: 100,
    earlyStopping: { patience: 10 },
    transform: 's2-plain',
    seed: 1,
  },
  {
    name: 'resnet18',
    description: 'ResNet-18 at the size of its paper',
    architecture: 'resnet18',
    input: { height: 224, width: 224, channels: 1 },
    precision: 'auto',
    optimizer: ADAM_DEFAULT,
    batchSize: 32,
    epochs: 30,
    earlyStopping: { patience: 5 },
    transform: 'default',
    seed: 1,
  },
];

/** What is reproduced was learned from finite sets, in epochs. */
const REPRODUCTIONS: readonly Recipe[] = [...S0_RECIPES, ...S2_RECIPES, ...S3_RECIPES, ...S4_RECIPES].map((recipe) => ({
  mode: 'epochs',
  ...recipe,
}));

/** The recipes by name, each checked like a user's. */
export const recipes: ReadonlyMap<string, Recipe> = new Map(
  [...GENERAL_RECIPES, ...REPRODUCTIONS].map((recipe) => [recipe.name, parseRecipe(recipe)]),
);

/** @throws INVALID_CONFIG listing the names there are */
export function getRecipe(name: string): Recipe {
  const recipe = recipes.get(name);
  if (!recipe)
    throw new SulcusError('INVALID_CONFIG', `There is no recipe "${name}"; known: ${listRecipes().join(', ')}`, {
      details: { recipe: name },
    });
  return recipe;
}

/** The names of all recipes, sorted. */
export const listRecipes = (): string[] => [...recipes.keys()].sort();
