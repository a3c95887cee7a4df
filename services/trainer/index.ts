/**
 * Trainer: requests tensor batches, fine-tunes, validates, checkpoints, offers candidates. Meets the other services
 * over the bus alone.
 *
 *     await runTrainer({ bus, engine, config: readConfig(), recipe, log, instance, codeVersion }, signal);
 */
export { main } from './main.js';
export { networkOfCard, transformOfCard } from './gate/network-of-card.js';
export { readConfig, type TrainerConfig } from './config.js';
export { resolveRecipe, resolveTransform } from './recipe/resolve-recipe.js';
export { Ledger, type LedgerRecord } from './data/ledger.js';
export { runTrainer, type TrainerServiceContext } from './service.js';
export { checkRecipe, checkRun } from './state/check-run.js';
