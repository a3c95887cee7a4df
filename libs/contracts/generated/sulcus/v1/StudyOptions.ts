// Original file: proto/sulcus/v1/study.proto

import type { StudyAggregationInput as _sulcus_v1_StudyAggregationInput, StudyAggregation as _sulcus_v1_StudyAggregation } from '../../sulcus/v1/StudyAggregation.js';

/**
 * How a study is predicted. What is left at zero or empty is as the predictor is configured.
 */
export interface StudyOptionsInput {
  /**
   * How slices are put together.
   */
  'aggregation'?: (_sulcus_v1_StudyAggregationInput);
  /**
   * Slices of the top-k mean; 0: 3.
   */
  'topK'?: (number);
  /**
   * Classes that mean "no finding"; every other class is a finding. INVALID_ARGUMENT for a class the model does not
   * have.
   */
  'normalClasses'?: (string)[];
  /**
   * Probability of any finding from which the decision is FINDING: above 0, at most 1.
   */
  'threshold'?: (number | string);
  /**
   * Abstains with fewer usable slices.
   */
  'minSlices'?: (number);
  /**
   * Abstains when the mean entropy of the slices is above: fraction of the highest possible, 0-1.
   */
  'maxEntropy'?: (number | string);
  /**
   * Abstains when the study's most probable class is below, 0-1.
   */
  'minProbability'?: (number | string);
  /**
   * Abstains when the slices that show a finding disagree on which by more: 1 less the share of the leading one, 0-1.
   */
  'maxDisagreement'?: (number | string);
  /**
   * Abstains when more of the slices could not be used: fraction, 0-1.
   */
  'maxFailedFraction'?: (number | string);
  /**
   * Views of each slice for test-time augmentation, 1 to 8: as it is, flipped left and right, rotated by 5 degrees both
   * ways, flipped and rotated, rotated by 10 degrees both ways. Costs that many times the work.
   */
  'views'?: (number);
  /**
   * Urgency: 1 goes first, 3 last; 0 means 2. INVALID_ARGUMENT for any other.
   */
  'priority'?: (number);
}

/**
 * How a study is predicted. What is left at zero or empty is as the predictor is configured.
 */
export interface StudyOptions {
  /**
   * How slices are put together.
   */
  'aggregation': (_sulcus_v1_StudyAggregation);
  /**
   * Slices of the top-k mean; 0: 3.
   */
  'topK': (number);
  /**
   * Classes that mean "no finding"; every other class is a finding. INVALID_ARGUMENT for a class the model does not
   * have.
   */
  'normalClasses': (string)[];
  /**
   * Probability of any finding from which the decision is FINDING: above 0, at most 1.
   */
  'threshold': (number);
  /**
   * Abstains with fewer usable slices.
   */
  'minSlices': (number);
  /**
   * Abstains when the mean entropy of the slices is above: fraction of the highest possible, 0-1.
   */
  'maxEntropy': (number);
  /**
   * Abstains when the study's most probable class is below, 0-1.
   */
  'minProbability': (number);
  /**
   * Abstains when the slices that show a finding disagree on which by more: 1 less the share of the leading one, 0-1.
   */
  'maxDisagreement': (number);
  /**
   * Abstains when more of the slices could not be used: fraction, 0-1.
   */
  'maxFailedFraction': (number);
  /**
   * Views of each slice for test-time augmentation, 1 to 8: as it is, flipped left and right, rotated by 5 degrees both
   * ways, flipped and rotated, rotated by 10 degrees both ways. Costs that many times the work.
   */
  'views': (number);
  /**
   * Urgency: 1 goes first, 3 last; 0 means 2. INVALID_ARGUMENT for any other.
   */
  'priority': (number);
}
