// Original file: proto/sulcus/v1/study.proto

/**
 * What is said about a study.
 */
export const StudyDecision = {
  /**
   * No normal class is known, so there is nothing to decide: see the probabilities.
   */
  STUDY_DECISION_UNSPECIFIED: 'STUDY_DECISION_UNSPECIFIED',
  /**
   * The probability of any finding is below the threshold.
   */
  STUDY_DECISION_NO_FINDING: 'STUDY_DECISION_NO_FINDING',
  /**
   * It is at or above the threshold.
   */
  STUDY_DECISION_FINDING: 'STUDY_DECISION_FINDING',
  /**
   * Nothing should be concluded: see the abstentions.
   */
  STUDY_DECISION_ABSTAINED: 'STUDY_DECISION_ABSTAINED',
} as const;

/**
 * What is said about a study.
 */
export type StudyDecisionInput =
  /**
   * No normal class is known, so there is nothing to decide: see the probabilities.
   */
  | 'STUDY_DECISION_UNSPECIFIED'
  | 0
  /**
   * The probability of any finding is below the threshold.
   */
  | 'STUDY_DECISION_NO_FINDING'
  | 1
  /**
   * It is at or above the threshold.
   */
  | 'STUDY_DECISION_FINDING'
  | 2
  /**
   * Nothing should be concluded: see the abstentions.
   */
  | 'STUDY_DECISION_ABSTAINED'
  | 3

/**
 * What is said about a study.
 */
export type StudyDecision = typeof StudyDecision[keyof typeof StudyDecision]
