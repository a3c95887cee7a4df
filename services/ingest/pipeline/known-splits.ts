import { SulcusError } from '#libs/errors';
import { forgetOldest } from '#libs/memory';
import type { PreparedScan } from './prepare-scan.js';
import type { AssignedSplit } from './splits.js';

/** Patients and studies that are remembered, the newest: 200 bytes each. */
const CAPACITY = 200_000;

/** Whom a scan is of, for its split: the pseudonym of its patient, else of its study. */
export const whomOf = ({ patientId, studyId }: { patientId?: string; studyId?: string }): string | undefined =>
  patientId || studyId || undefined;

/**
 * On which side patients are, and studies without a patient: splits that senders ask for by image could put one of them
 * on several, and a model would be tested on whom it was trained on.
 */
export class KnownSplits {
  readonly #splits = new Map<string, AssignedSplit>();

  constructor(private readonly capacity = CAPACITY) {}

  /** The first that is heard of somebody counts. */
  add(whom: string, split: AssignedSplit): void {
    if (this.#splits.has(whom)) return;
    this.#splits.set(whom, split);
    forgetOldest(this.#splits, this.capacity);
  }

  /**
   * The split of a scan: that of its patient, where one is known.
   *
   * @returns SPLIT_CONFLICT when its sender asked for another one
   */
  splitOf(scan: PreparedScan): AssignedSplit | SulcusError {
    const whom = scan.isSplitByIdentity ? whomOf(scan) : undefined;
    const known = whom === undefined ? undefined : this.#splits.get(whom);
    if (known === undefined || known === scan.split) return scan.split;
    if (scan.askedSplits && !scan.askedSplits.includes(known)) return conflict(scan, known);
    return known;
  }
}

const nameOf = (split: AssignedSplit): string => split.replace('SPLIT_', '').toLowerCase();

function conflict({ sampleId, patientId, split }: PreparedScan, known: AssignedSplit): SulcusError {
  const who = patientId ? 'patient' : 'study';
  return new SulcusError(
    'SPLIT_CONFLICT',
    `It is to be in the ${nameOf(split)} split, and other images of its ${who} are in the ${nameOf(known)} split: ` +
      `one ${who} belongs to one split. Send it without a split, or with that one`,
    { details: { sampleId, split, known } },
  );
}
