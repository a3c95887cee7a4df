import type { SulcusError } from '#libs/errors';

/** Everything a trainer needs to go on where it stopped. */
export interface Checkpoint {
  /** Small facts: step, epoch, seeds, names. JSON. */
  manifest: Record<string, unknown>;
  /** Large ones: weights, optimizer state, ledger. */
  parts: Record<string, Uint8Array>;
}

export interface LoadedCheckpoint {
  checkpoint: { manifest: Record<string, unknown>; parts: Record<string, Buffer> };
  /** To be passed to the next `save`: it succeeds only when nobody else saved since. */
  revision: number;
  /** Why this is not the newest checkpoint but the one before it; absent: it is the newest. */
  damage?: SulcusError;
}

/** Why a run cannot go on from its newest checkpoint. */
export interface CheckpointDamage {
  error: SulcusError;
  /** Whether the one before it is there to stand in. */
  isPreviousSound: boolean;
}

/** A checkpoint without its tensors. */
export interface CheckpointDescription {
  manifest: Record<string, unknown>;
  savedUnixMs: number;
  /** Size of the tensors. */
  sizeBytes: number;
}
