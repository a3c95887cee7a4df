import { decodeSafetensors } from '#libs/nn';
import { hasWeights } from '#libs/registry';
import type { TrainerParts } from './parts.js';

/**
 * After early stopping the weights are those of the last validation, and worse than the best. Where the best version
 * kept its weights, training goes on from it, its optimizer included; else from the last. Safe to repeat: a trainer
 * that is killed before its next checkpoint does the same again.
 */
export async function returnToBest({ state, registry, session, events }: TrainerParts): Promise<void> {
  const card = state.parentVersion === null ? undefined : await registry.get(state.parentVersion);
  if (!card || !hasWeights(card) || card.step === state.progress.step) return;
  const optimizer = await registry.loadOptimizer(card);
  if (!optimizer) return;
  const weights = await registry.loadWeights(card);
  await session.writeState({
    weights: decodeSafetensors(weights).state,
    optimizer: decodeSafetensors(optimizer).state,
  });
  await state.learned?.goBack(state.progress.step, card.lineage.segment);
  await events.state('busy', `going on from ${card.version}, the best on the images before`);
}
