/** Trainer: consumes tensor batches, fine-tunes, validates, checkpoints, offers candidates. */
export { main } from './main.js';
export { readConfig, type TrainerConfig } from './config.js';
export { resolveRecipe, resolveTransform } from './recipe/resolve-recipe.js';
export { runTrainer, type TrainerServiceContext } from './service.js';
