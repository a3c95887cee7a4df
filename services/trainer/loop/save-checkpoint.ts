import type { TrainerOptions, TrainerParts } from './parts.js';

/** A checkpoint is due at the latest when this many batches wait for one: they are kept by the broker until then. */
const MAX_HELD_BATCHES = 48;

/** Begins to store the present state; see `Checkpoints.begin`. */
export async function saveCheckpoint({ checkpoints, state, session }: TrainerParts): Promise<void> {
  await checkpoints.begin(state.toManifest(), () => session.readState());
}

/** As {@link saveCheckpoint}, once the last one is old enough or enough batches wait for it. */
export async function saveCheckpointWhenDue(
  parts: TrainerParts,
  { checkpointIntervalMs }: Pick<TrainerOptions, 'checkpointIntervalMs'>,
): Promise<void> {
  const { held, checkpoints } = parts;
  if (held.count >= MAX_HELD_BATCHES || checkpoints.ageMs > checkpointIntervalMs) await saveCheckpoint(parts);
}
