// Original file: proto/sulcus/v1/study.proto


/**
 * How sure an answer is.
 */
export interface StudyUncertaintyInput {
  /**
   * Entropy of the study's probabilities, as a fraction of the highest possible, 0-1.
   */
  'entropy'?: (number | string);
  /**
   * Mean of the same over the slices.
   */
  'meanSliceEntropy'?: (number | string);
  /**
   * 1 less the share of the leading finding among the slices that show one, 0-1.
   */
  'disagreement'?: (number | string);
  /**
   * Views per slice; with more than one the deviations are measured.
   */
  'views'?: (number);
  /**
   * Standard deviation of each class's probability over the views, in the order of the probabilities; empty with one
   * view.
   */
  'standardDeviations'?: (number | string)[];
  /**
   * Mutual information between view and class, mean over the slices, nats: what the views disagree about. 0 with one
   * view.
   */
  'mutualInformation'?: (number | string);
}

/**
 * How sure an answer is.
 */
export interface StudyUncertainty {
  /**
   * Entropy of the study's probabilities, as a fraction of the highest possible, 0-1.
   */
  'entropy': (number);
  /**
   * Mean of the same over the slices.
   */
  'meanSliceEntropy': (number);
  /**
   * 1 less the share of the leading finding among the slices that show one, 0-1.
   */
  'disagreement': (number);
  /**
   * Views per slice; with more than one the deviations are measured.
   */
  'views': (number);
  /**
   * Standard deviation of each class's probability over the views, in the order of the probabilities; empty with one
   * view.
   */
  'standardDeviations': (number)[];
  /**
   * Mutual information between view and class, mean over the slices, nats: what the views disagree about. 0 with one
   * view.
   */
  'mutualInformation': (number);
}
