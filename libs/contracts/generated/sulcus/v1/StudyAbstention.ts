// Original file: proto/sulcus/v1/study.proto


// Original file: proto/sulcus/v1/study.proto

/**
 * Reasons for which nothing is concluded.
 */
export const _sulcus_v1_StudyAbstention_Reason = {
  /**
   * Never sent.
   */
  REASON_UNSPECIFIED: 'REASON_UNSPECIFIED',
  /**
   * Fewer usable slices than asked for.
   */
  REASON_TOO_FEW_SLICES: 'REASON_TOO_FEW_SLICES',
  /**
   * Too many slices could not be used.
   */
  REASON_TOO_MANY_FAILED_SLICES: 'REASON_TOO_MANY_FAILED_SLICES',
  /**
   * Slices are answered almost as if by chance: probably not what the model was trained on.
   */
  REASON_HIGH_ENTROPY: 'REASON_HIGH_ENTROPY',
  /**
   * No class is probable enough.
   */
  REASON_LOW_PROBABILITY: 'REASON_LOW_PROBABILITY',
  /**
   * Slices that show a finding disagree on which.
   */
  REASON_DISAGREEMENT: 'REASON_DISAGREEMENT',
} as const;

/**
 * Reasons for which nothing is concluded.
 */
export type _sulcus_v1_StudyAbstention_ReasonInput =
  /**
   * Never sent.
   */
  | 'REASON_UNSPECIFIED'
  | 0
  /**
   * Fewer usable slices than asked for.
   */
  | 'REASON_TOO_FEW_SLICES'
  | 1
  /**
   * Too many slices could not be used.
   */
  | 'REASON_TOO_MANY_FAILED_SLICES'
  | 2
  /**
   * Slices are answered almost as if by chance: probably not what the model was trained on.
   */
  | 'REASON_HIGH_ENTROPY'
  | 3
  /**
   * No class is probable enough.
   */
  | 'REASON_LOW_PROBABILITY'
  | 4
  /**
   * Slices that show a finding disagree on which.
   */
  | 'REASON_DISAGREEMENT'
  | 5

/**
 * Reasons for which nothing is concluded.
 */
export type _sulcus_v1_StudyAbstention_Reason = typeof _sulcus_v1_StudyAbstention_Reason[keyof typeof _sulcus_v1_StudyAbstention_Reason]

/**
 * Why the decision is to abstain.
 */
export interface StudyAbstentionInput {
  /**
   * Which rule.
   */
  'reason'?: (_sulcus_v1_StudyAbstention_ReasonInput);
  /**
   * The figure and its limit, in a sentence.
   */
  'message'?: (string);
}

/**
 * Why the decision is to abstain.
 */
export interface StudyAbstention {
  /**
   * Which rule.
   */
  'reason': (_sulcus_v1_StudyAbstention_Reason);
  /**
   * The figure and its limit, in a sentence.
   */
  'message': (string);
}
