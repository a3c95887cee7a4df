import type { Bus } from '#libs/bus';
import { assertDevices } from '#libs/engine';
import { SulcusError } from '#libs/errors';
import type { Recipe } from '#libs/nn';
import { CheckpointStore } from '#libs/registry';
import type { TrainerConfig } from '../config.js';
import { resolveRecipe, resolveTraining, resolveTransform } from '../recipe/resolve-recipe.js';
import { assertInitialWeights } from '../recipe/initial-weights.js';
import { classesOfRun } from './grown-classes.js';
import type { CheckpointManifest } from './checkpoints.js';
import { DAMAGE } from './restore-run.js';
import { assertSameRun, type RunIdentity } from './run-state.js';

/** What a configuration and its recipe make of a run. */
export const identityOf = (recipe: Recipe, { run, classes }: TrainerConfig): RunIdentity => ({
  run,
  recipe,
  classes,
  seed: recipe.seed,
  patience: recipe.earlyStopping?.patience,
  learningRate: recipe.optimizer.learningRate,
  schedule: recipe.schedule ?? undefined,
});

/**
 * Refuses a configuration before anything is started: a recipe that cannot be used, devices that are not there.
 *
 * @throws INVALID_CONFIG, ENGINE_UNAVAILABLE
 */
export async function checkRecipe(config: TrainerConfig): Promise<void> {
  const recipe = await resolveRecipe(config);
  resolveTransform(recipe);
  assertDevices(recipe.shards ?? 1);
}

/**
 * Refuses a configuration before anything is done with it: classes that its recipe does not fit, weights to begin with
 * that are not there, or a run that was begun with other settings.
 *
 * @throws INVALID_CONFIG saying what to do
 */
export async function checkRun(bus: Bus, config: TrainerConfig): Promise<void> {
  const recipe = await resolveRecipe(config);
  const manifest = await storedManifest(bus, config.run);
  const classes = [...classesOfRun(config.classes, recipe.mode, manifest)];
  resolveTraining(recipe, classes);
  if (manifest) assertSameRun(identityOf(recipe, { ...config, classes }), manifest);
  else await assertInitialWeights(recipe);
}

/** Undefined also for one that is damaged: the trainer finds what the run can go on from, and says so. */
async function storedManifest(bus: Bus, run: string): Promise<CheckpointManifest | undefined> {
  try {
    return (await new CheckpointStore(bus).describe(run))?.manifest as CheckpointManifest | undefined;
  } catch (error) {
    if (!DAMAGE.has(SulcusError.from(error).code)) throw error;
    return undefined;
  }
}
