import { createHash } from 'node:crypto';

/**
 * Whether a prediction belongs to a share (0-1) of all. It follows from the id alone, so it can be told afterwards
 * which were compared; what is in a share is in every larger one.
 */
export function isInShare(predictionId: string, share: number): boolean {
  return createHash('sha256').update(predictionId).digest().readUInt32BE(0) / 2 ** 32 < share;
}
