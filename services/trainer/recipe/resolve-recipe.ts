import type { EngineInfo } from '#libs/engine';
import { SulcusError } from '#libs/errors';
import { transformHash, transforms, validateTransform, type TransformSpec } from '#libs/imaging';
import {
  getRecipe,
  namedDevices,
  resolvePrecision,
  streamSettings,
  type NetworkConfig,
  type Recipe,
  type TrainingConfig,
} from '#libs/nn';
import type { ModelCard } from '#libs/registry';
import type { TrainerConfig } from '../config.js';
import { isRecipeFile, readRecipeFile } from './recipe-file.js';

/** Ways of evaluating that reproductions have, and a stream has not. */
const EVALUATION_ODDITIES = ['augmentedValidation', 'unnormalizedEvaluation', 'dropoutInEvaluation'] as const;

/** The recipe that the configuration names, with what the environment overrides. Throws INVALID_CONFIG. */
export async function resolveRecipe(config: TrainerConfig): Promise<Recipe> {
  const recipe = isRecipeFile(config.recipe)
    ? await readRecipeFile(config.recipe, { allowCode: config.recipeCode })
    : getRecipe(config.recipe);
  const {
    epochs = recipe.epochs,
    seed = recipe.seed,
    learningRate = recipe.optimizer.learningRate,
    initialWeights = recipe.initialWeights,
  } = config;
  const resolved: Recipe = {
    ...recipe,
    epochs,
    seed,
    optimizer: { ...recipe.optimizer, learningRate },
    ...(initialWeights === undefined ? {} : { initialWeights }),
    // Checkpoints from before there were two ways say nothing of it: epochs are not said either.
    ...(recipe.mode === undefined && config.mode === 'stream' && { mode: 'stream' as const }),
  };
  const oddity = EVALUATION_ODDITIES.find((name) => resolved[name]);
  if (resolved.mode === 'stream' && oddity)
    throw new SulcusError(
      'INVALID_CONFIG',
      `Recipe "${recipe.name}" has ${oddity}: a stream is measured on images as they come; use --mode epochs`,
    );
  return resolved;
}

/**
 * The transform of a recipe: a complete specification, a name that libs/imaging knows, or such a name without its size
 * (`s0` for `s0-244` when the recipe's images are 244 pixels high).
 *
 * @throws INVALID_CONFIG when there is none, or when it makes images of another size than the network takes
 */
export function resolveTransform(recipe: Recipe): TransformSpec {
  const { height, width, channels } = recipe.input;
  const spec =
    typeof recipe.transform === 'string'
      ? namedTransform(recipe.name, recipe.transform, height)
      : ownTransform(recipe.name, recipe.transform);
  if (spec.outputHeight !== height || spec.outputWidth !== width) {
    throw new SulcusError(
      'INVALID_CONFIG',
      `Recipe "${recipe.name}" trains on ${height}x${width} pixels, ` +
        `its transform "${spec.name}" makes ${spec.outputHeight}x${spec.outputWidth}`,
    );
  }
  return { ...spec, channels };
}

/** The network that a recipe trains on images prepared by its transform. */
export function resolveNetwork(
  recipe: Recipe,
  transform: TransformSpec,
  classes: readonly string[],
  engine: EngineInfo,
): NetworkConfig {
  return {
    architecture: recipe.architecture,
    classes: classes.length,
    input: { height: transform.outputHeight, width: transform.outputWidth, channels: transform.channels },
    normalize: transform.normalize,
    precision: resolvePrecision(recipe.precision, engine, recipe.architecture),
    head: recipe.head,
    dropout: recipe.dropout,
  };
}

/**
 * How a recipe trains, for the classes of a run.
 *
 * @throws INVALID_CONFIG when the class weights are not those of the classes
 */
export function resolveTraining(
  recipe: Recipe,
  classes: readonly string[],
  shardDevices: readonly string[] = [],
): TrainingConfig {
  const { classWeights, labelSmoothing, frozenLayers, bnFrozenAfterFirstEpoch, seed, shards = 1 } = recipe;
  const { unnormalizedEvaluation, dropoutInEvaluation } = recipe;
  const unknown = Object.keys(classWeights ?? {}).filter((name) => !classes.includes(name));
  const missing = classWeights ? classes.filter((name) => classWeights[name] === undefined) : [];
  const mistakes = [
    ...unknown.map((name) => `"${name}" is no class of the run`),
    ...missing.map((name) => `class "${name}" has no weight`),
  ];
  if (mistakes.length > 0)
    throw new SulcusError(
      'INVALID_CONFIG',
      `Recipe "${recipe.name}" has class weights of other classes than ${classes.join(', ')}: ${mistakes.join('; ')}`,
      { details: { mistakes } },
    );
  return {
    seed,
    ...(classWeights && { classWeights: classes.map((name) => classWeights[name]!) }),
    ...(labelSmoothing !== undefined && { labelSmoothing }),
    ...(frozenLayers && { frozenLayers }),
    ...(bnFrozenAfterFirstEpoch && { inferenceModeSteps: true }),
    ...(unnormalizedEvaluation && { unnormalizedEvaluation }),
    ...(dropoutInEvaluation && { dropoutInEvaluation }),
    ...(shards > 1 && {
      sharding: { count: shards, reduction: recipe.shardReduction, devices: namedDevices(shardDevices) },
    }),
    ...(recipe.mode === 'stream' && { averageDecay: streamSettings(recipe).averageDecay }),
  };
}

function namedTransform(recipeName: string, name: string, heightPx: number): TransformSpec {
  const spec = transforms[`${name}-${heightPx}`] ?? transforms[name];
  if (!spec)
    throw new SulcusError(
      'INVALID_CONFIG',
      `Recipe "${recipeName}" names the transform "${name}"; known are ${Object.keys(transforms).join(', ')}`,
    );
  return spec;
}

function ownTransform(recipeName: string, specification: Record<string, unknown>): TransformSpec {
  try {
    return validateTransform(specification);
  } catch (error) {
    const { rawMessage, details } = SulcusError.from(error);
    throw new SulcusError('INVALID_CONFIG', `The transform of recipe "${recipeName}" cannot be used: ${rawMessage}`, {
      cause: error,
      details,
    });
  }
}

/**
 * How a recipe's figures are measured, where that is not how its versions serve: what their cards say of it.
 *
 * @returns undefined where both are the same
 */
export function resolveEvaluation(
  { unnormalizedEvaluation, dropoutInEvaluation = false }: Recipe,
  transform: TransformSpec,
): ModelCard['evaluation'] {
  if (!unnormalizedEvaluation && !dropoutInEvaluation) return undefined;
  const used = unnormalizedEvaluation ? { ...transform, normalize: { mean: [0], std: [1] } } : transform;
  return { transformHash: transformHash(used), dropout: dropoutInEvaluation };
}
