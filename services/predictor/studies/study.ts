import { createHash } from 'node:crypto';
import type { SulcusError } from '#libs/errors';
import type { Prediction } from '../serving/prediction.js';

/** One slice of a study that is to be predicted. */
export interface StudySlice {
  /** For people. */
  name: string;
  /** SHA-256 of the image, when it is known before the image is read. */
  sampleId?: string;
  /** Place of the scan in its stream, for slices that were ingested. */
  scanSequence?: number;
  /** The encoded image. Throws what makes the slice unusable, or what may pass. */
  load(signal: AbortSignal): Promise<Uint8Array>;
}

/** A study that is to be predicted. */
export interface Study {
  /** Pseudonym, or the caller's name for it. */
  studyId: string;
  slices: readonly StudySlice[];
  /** Slices beyond the most that are looked at. */
  slicesLeftOut: number;
}

/** What became of one slice: a prediction for each view, or why there is none. */
export type SliceAnswer =
  | { slice: StudySlice; predictions: readonly Prediction[] }
  | { slice: StudySlice; error: SulcusError };

/** Identity of a set of slices, whatever their order: SHA-256, lower-case hexadecimal. */
export function sliceSetHash(sampleIds: readonly string[]): string {
  return createHash('sha256').update(sampleIds.toSorted().join('\n')).digest('hex');
}
