/** Model versions with their cards, the aliases that point to them, and the checkpoints of training runs. */
export { Registry } from './registry.js';
export { versionName, type ModelCard, type ModelCardDraft } from './card.js';
export type { AliasMove, AliasRecord } from './alias.js';
export { CheckpointStore, type Checkpoint, type LoadedCheckpoint } from './checkpoints.js';
