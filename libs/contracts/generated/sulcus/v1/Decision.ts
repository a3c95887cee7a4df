// Original file: proto/sulcus/v1/decision.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/sulcus/v1/decision.proto

/**
 * What can be decided.
 */
export const _sulcus_v1_Decision_Kind = {
  /**
   * Never sent.
   */
  KIND_UNSPECIFIED: 'KIND_UNSPECIFIED',
  /**
   * An alias moved onto a version.
   */
  KIND_PROMOTED: 'KIND_PROMOTED',
  /**
   * A version was not promoted.
   */
  KIND_DECLINED: 'KIND_DECLINED',
  /**
   * An alias moved back.
   */
  KIND_ROLLED_BACK: 'KIND_ROLLED_BACK',
  /**
   * An alias stays where it is, whatever trainers offer.
   */
  KIND_FROZEN: 'KIND_FROZEN',
  /**
   * Trainers may move the alias again.
   */
  KIND_THAWED: 'KIND_THAWED',
  /**
   * Samples were taken out of everything that is stored and learned from.
   */
  KIND_WITHDRAWN: 'KIND_WITHDRAWN',
  /**
   * A run goes on with other rules of promotion than before.
   */
  KIND_POLICY_CHANGED: 'KIND_POLICY_CHANGED',
  /**
   * A version was trained without withdrawn samples.
   */
  KIND_RETRAINED: 'KIND_RETRAINED',
  /**
   * An audit mended something.
   */
  KIND_REPAIRED: 'KIND_REPAIRED',
  /**
   * A dead letter was tried again, or discarded.
   */
  KIND_DEAD_LETTER_SETTLED: 'KIND_DEAD_LETTER_SETTLED',
} as const;

/**
 * What can be decided.
 */
export type _sulcus_v1_Decision_KindInput =
  /**
   * Never sent.
   */
  | 'KIND_UNSPECIFIED'
  | 0
  /**
   * An alias moved onto a version.
   */
  | 'KIND_PROMOTED'
  | 1
  /**
   * A version was not promoted.
   */
  | 'KIND_DECLINED'
  | 2
  /**
   * An alias moved back.
   */
  | 'KIND_ROLLED_BACK'
  | 3
  /**
   * An alias stays where it is, whatever trainers offer.
   */
  | 'KIND_FROZEN'
  | 4
  /**
   * Trainers may move the alias again.
   */
  | 'KIND_THAWED'
  | 5
  /**
   * Samples were taken out of everything that is stored and learned from.
   */
  | 'KIND_WITHDRAWN'
  | 6
  /**
   * A run goes on with other rules of promotion than before.
   */
  | 'KIND_POLICY_CHANGED'
  | 7
  /**
   * A version was trained without withdrawn samples.
   */
  | 'KIND_RETRAINED'
  | 8
  /**
   * An audit mended something.
   */
  | 'KIND_REPAIRED'
  | 9
  /**
   * A dead letter was tried again, or discarded.
   */
  | 'KIND_DEAD_LETTER_SETTLED'
  | 10

/**
 * What can be decided.
 */
export type _sulcus_v1_Decision_Kind = typeof _sulcus_v1_Decision_Kind[keyof typeof _sulcus_v1_Decision_Kind]

/**
 * One entry of the record of decisions: what was decided, by whom, and why. Appended to the DECISIONS stream, from
 * which nothing can be taken out; each entry names the hash of the one before.
 */
export interface DecisionInput {
  /**
   * Place in the record, from 1; also its sequence on the stream.
   */
  'number'?: (number | string | Long);
  /**
   * SHA-256 of the bytes of the entry before, lower-case hexadecimal; empty in the first.
   */
  'previousHash'?: (string);
  /**
   * What was decided.
   */
  'kind'?: (_sulcus_v1_Decision_KindInput);
  /**
   * When, milliseconds since the Unix epoch.
   */
  'timeUnixMs'?: (number | string | Long);
  /**
   * Who: account, machine and process.
   */
  'by'?: (string);
  /**
   * Why, in a sentence.
   */
  'reason'?: (string);
  /**
   * Training run concerned, or empty.
   */
  'run'?: (string);
  /**
   * Alias concerned, or empty.
   */
  'alias'?: (string);
  /**
   * Model version concerned, or empty.
   */
  'version'?: (string);
  /**
   * Version that the alias pointed to before, or empty.
   */
  'previousVersion'?: (string);
  /**
   * Samples concerned, by identity.
   */
  'samples'?: (string)[];
  /**
   * Pseudonym of the patient concerned, or empty.
   */
  'patient'?: (string);
  /**
   * Versions that had learned from samples that are withdrawn.
   */
  'versions'?: (string)[];
  /**
   * Rules before, canonical JSON; empty at the beginning.
   */
  'before'?: (string);
  /**
   * Rules from now on, canonical JSON.
   */
  'after'?: (string);
}

/**
 * One entry of the record of decisions: what was decided, by whom, and why. Appended to the DECISIONS stream, from
 * which nothing can be taken out; each entry names the hash of the one before.
 */
export interface Decision {
  /**
   * Place in the record, from 1; also its sequence on the stream.
   */
  'number': (number);
  /**
   * SHA-256 of the bytes of the entry before, lower-case hexadecimal; empty in the first.
   */
  'previousHash': (string);
  /**
   * What was decided.
   */
  'kind': (_sulcus_v1_Decision_Kind);
  /**
   * When, milliseconds since the Unix epoch.
   */
  'timeUnixMs': (number);
  /**
   * Who: account, machine and process.
   */
  'by': (string);
  /**
   * Why, in a sentence.
   */
  'reason': (string);
  /**
   * Training run concerned, or empty.
   */
  'run': (string);
  /**
   * Alias concerned, or empty.
   */
  'alias': (string);
  /**
   * Model version concerned, or empty.
   */
  'version': (string);
  /**
   * Version that the alias pointed to before, or empty.
   */
  'previousVersion': (string);
  /**
   * Samples concerned, by identity.
   */
  'samples': (string)[];
  /**
   * Pseudonym of the patient concerned, or empty.
   */
  'patient': (string);
  /**
   * Versions that had learned from samples that are withdrawn.
   */
  'versions': (string)[];
  /**
   * Rules before, canonical JSON; empty at the beginning.
   */
  'before': (string);
  /**
   * Rules from now on, canonical JSON.
   */
  'after': (string);
}
