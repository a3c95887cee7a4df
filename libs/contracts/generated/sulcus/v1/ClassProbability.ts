// Original file: proto/sulcus/v1/common.proto


/**
 * One class and how likely it is.
 */
export interface ClassProbabilityInput {
  /**
   * Class name, as in the model's class list.
   */
  'className'?: (string);
  /**
   * Probability, 0-1.
   */
  'probability'?: (number | string);
}

/**
 * One class and how likely it is.
 */
export interface ClassProbability {
  /**
   * Class name, as in the model's class list.
   */
  'className': (string);
  /**
   * Probability, 0-1.
   */
  'probability': (number);
}
