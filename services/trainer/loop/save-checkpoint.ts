import type { TrainerOptions, TrainerParts } from './parts.js';

/** A checkpoint is due at the latest when this many batches wait for one: they are kept by the broker until then. */
const MAX_HELD_BATCHES = 48;

/** Begins to store the present state; see `Checkpoints.begin`. */
export async function saveCheckpoint({
  checkpoints,
  state,
  session,
}: Pick<TrainerParts, 'checkpoints' | 'state' | 'session'>): Promise<void> {
  await checkpoints.begin(state.toManifest(), () => session.readState());
}

/** Whether the last checkpoint is old enough for another, or enough batches wait for one. */
export const isCheckpointDue = (
  { held, checkpoints }: Pick<TrainerParts, 'held' | 'checkpoints'>,
  { checkpointIntervalMs }: Pick<TrainerOptions, 'checkpointIntervalMs'>,
): boolean => held.count >= MAX_HELD_BATCHES || checkpoints.ageMs > checkpointIntervalMs;
