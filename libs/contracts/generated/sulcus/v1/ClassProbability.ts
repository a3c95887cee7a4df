// Original file: proto/sulcus/v1/predictor.proto


export interface ClassProbabilityInput {
  'className'?: (string);
  /**
   * 0-1.
   */
  'probability'?: (number | string);
}

export interface ClassProbability {
  'className': (string);
  /**
   * 0-1.
   */
  'probability': (number);
}
