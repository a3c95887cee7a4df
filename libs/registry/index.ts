/**
 * Model versions with their cards, the aliases that point to them, and the checkpoints of training runs. Imports async,
 * bus, contracts, decisions, errors, telemetry and zod. What it decides goes on record (libs/decisions).
 *
 *     const registry = new Registry(bus);
 *     const champion = await registry.alias('champion');
 *     const checkpoint = await new CheckpointStore(bus).load('main');
 */
export { Registry } from './registry.js';
export type { WithdrawalMark } from './versions.js';
export {
  hasWeights,
  versionName,
  versionNumber,
  type GateMetrics,
  type ModelCard,
  type ModelCardDraft,
} from './card.js';
export { isMeasuredAsServed, mayBeChampion, measuredOtherwise } from './champion-guard.js';
export type { AliasMove, AliasRecord } from './alias.js';
export { createSigningKeys, SigningKey, TrustedKeys } from './signature.js';
export { recordMove } from './aliases.js';
export type { Freeze } from './freeze.js';
export { runKeys, runOfKey } from './run-keys.js';
export type {
  Checkpoint,
  CheckpointDamage,
  CheckpointDescription,
  LoadedCheckpoint,
} from './checkpoints/checkpoint.js';
export { CheckpointStore } from './checkpoints/checkpoint-store.js';
