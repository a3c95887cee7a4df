import type { TrainerOptions, TrainerParts } from './parts.js';

/** A checkpoint is due at the latest when this many batches wait for one: they are kept by the broker until then. */
const MAX_HELD_BATCHES = 48;

/** Begins to store the present state; see `Checkpoints.begin`. */
export async function saveCheckpoint({
  checkpoints,
  state,
  session,
}: Pick<TrainerParts, 'checkpoints' | 'state' | 'session'>): Promise<void> {
  const { learned, progress, pendingPublication } = state;
  // A version that is offered names a segment of its own: what it had learned, and nothing more.
  learned?.cut(progress.step, { isNeeded: pendingPublication !== null });
  await checkpoints.begin(
    state.toManifest(),
    () => session.readState(),
    () => learned?.durable() ?? Promise.resolve(),
  );
}

/** Whether the last checkpoint is old enough for another, or enough batches wait for one. */
export const isCheckpointDue = (
  { held, checkpoints }: Pick<TrainerParts, 'held' | 'checkpoints'>,
  { checkpointIntervalMs }: Pick<TrainerOptions, 'checkpointIntervalMs'>,
): boolean => held.count >= MAX_HELD_BATCHES || checkpoints.ageMs > checkpointIntervalMs;
