import { createHmac } from 'node:crypto';
import { Split } from '#libs/contracts';

/** A split that a sample can be on. */
export type AssignedSplit = Exclude<Split, 'SPLIT_UNSPECIFIED'>;

/** Relative sizes of the splits; they need not sum to anything. */
export type SplitShares = Readonly<Record<AssignedSplit, number>>;

/** In the order in which they take their part of the hash range. */
export const SPLITS: readonly AssignedSplit[] = [
  Split.SPLIT_TRAIN,
  Split.SPLIT_VALIDATION,
  Split.SPLIT_GATE,
  Split.SPLIT_TEST,
];

/** Where images belong that are to be learned from: all splits but the test split. */
export const TRAINING_SPLITS: readonly AssignedSplit[] = SPLITS.filter((split) => split !== Split.SPLIT_TEST);

/** What keeps samples together: the first of these that is known. Pseudonyms, never the site's own ids. */
export interface SplitIdentity {
  patient?: string;
  study?: string;
  /** SHA-256 of the image bytes. */
  content: string;
}

/**
 * Decides which split a sample belongs to: a keyed hash of its patient, else its study, else its content. The
 * same identity always falls into the same split, without anybody having to remember it.
 *
 * @param among the splits in question; their shares are scaled to fill the range. Default: all
 */
export function chooseSplit(
  identity: SplitIdentity,
  key: string,
  shares: SplitShares,
  among: readonly AssignedSplit[] = SPLITS,
): AssignedSplit {
  const candidates = SPLITS.filter((split) => among.includes(split));
  const total = candidates.reduce((sum, split) => sum + shares[split], 0);
  let remaining = fraction(identity, key) * total;
  for (const split of candidates) {
    remaining -= shares[split];
    if (remaining < 0) return split;
  }
  return candidates.at(-1) ?? Split.SPLIT_TRAIN;
}

/** What an operator should know of how images are divided, in a line; undefined: nothing. */
export const warningOfSplits = (splitBy: 'patient' | 'image'): string | undefined =>
  splitBy === 'image'
    ? 'SULCUS_SPLIT_BY=image: images of one patient are on several sides, and figures are too good for new patients'
    : undefined;

/** 48 bits of HMAC-SHA-256 as a fraction in [0, 1). */
function fraction({ patient, study, content }: SplitIdentity, key: string): number {
  const what = patient ? `patient\0${patient}` : study ? `study\0${study}` : `content\0${content}`;
  return createHmac('sha256', key).update(what).digest().readUIntBE(0, 6) / 2 ** 48;
}
