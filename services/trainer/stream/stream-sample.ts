import type { Item } from '#libs/sampling';
import type { IndexedSample } from '../data/sample-index.js';

/** How a sample got its label: a later one of the same way replaces it, one of a stronger way too. */
export type LabelOrigin = 'ingest' | 'study' | 'sample';

const STRENGTH = { ingest: 0, study: 1, sample: 2 } as const satisfies Record<LabelOrigin, number>;

/** The label that counts for a sample, with what decides between it and another. */
export interface GivenLabel {
  readonly name: string;
  readonly origin: LabelOrigin;
  /** When it was given. */
  readonly unixMs: number;
}

/** A sample that a stream trainer knows: small enough to keep thousands of in a checkpoint. */
export interface StreamSample extends Item, IndexedSample {
  readonly studyId: string;
  readonly site: string;
  /** Absent while there is none. */
  readonly label?: GivenLabel;
}

/**
 * Which of two labels counts: one given to the sample itself before one given to its study, that before the one it came
 * with; of the same kind the one given last, and of the same time the one that was stored last.
 */
export function strongerLabel(known: GivenLabel | undefined, given: GivenLabel): GivenLabel {
  if (!known) return given;
  const difference = STRENGTH[given.origin] - STRENGTH[known.origin];
  return difference > 0 || (difference === 0 && given.unixMs >= known.unixMs) ? given : known;
}
