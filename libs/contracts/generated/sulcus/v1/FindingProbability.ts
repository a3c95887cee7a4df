// Original file: proto/sulcus/v1/study.proto


/**
 * The probability of any finding.
 */
export interface FindingProbabilityInput {
  /**
   * 0-1: 1 less that of the normal classes.
   */
  'probability'?: (number | string);
  /**
   * From which the decision is FINDING.
   */
  'threshold'?: (number | string);
  /**
   * Standard deviation over the views; 0 with one view.
   */
  'standardDeviation'?: (number | string);
}

/**
 * The probability of any finding.
 */
export interface FindingProbability {
  /**
   * 0-1: 1 less that of the normal classes.
   */
  'probability': (number);
  /**
   * From which the decision is FINDING.
   */
  'threshold': (number);
  /**
   * Standard deviation over the views; 0 with one view.
   */
  'standardDeviation': (number);
}
