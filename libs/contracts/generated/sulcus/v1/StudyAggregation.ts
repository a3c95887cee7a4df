// Original file: proto/sulcus/v1/study.proto

/**
 * How the probabilities of slices become those of their study.
 */
export const StudyAggregation = {
  /**
   * Top-k mean when a normal class is known, else mean.
   */
  STUDY_AGGREGATION_UNSPECIFIED: 'STUDY_AGGREGATION_UNSPECIFIED',
  /**
   * Mean over all slices: a finding on few of them is diluted.
   */
  STUDY_AGGREGATION_MEAN: 'STUDY_AGGREGATION_MEAN',
  /**
   * Mean over the k slices with the highest probability of any finding. Needs a normal class.
   */
  STUDY_AGGREGATION_TOP_K_MEAN: 'STUDY_AGGREGATION_TOP_K_MEAN',
  /**
   * Probability that at least one slice has the finding, as if slices were independent: sensitive, and the more so the
   * more slices there are. Needs a normal class.
   */
  STUDY_AGGREGATION_NOISY_OR: 'STUDY_AGGREGATION_NOISY_OR',
} as const;

/**
 * How the probabilities of slices become those of their study.
 */
export type StudyAggregationInput =
  /**
   * Top-k mean when a normal class is known, else mean.
   */
  | 'STUDY_AGGREGATION_UNSPECIFIED'
  | 0
  /**
   * Mean over all slices: a finding on few of them is diluted.
   */
  | 'STUDY_AGGREGATION_MEAN'
  | 1
  /**
   * Mean over the k slices with the highest probability of any finding. Needs a normal class.
   */
  | 'STUDY_AGGREGATION_TOP_K_MEAN'
  | 2
  /**
   * Probability that at least one slice has the finding, as if slices were independent: sensitive, and the more so the
   * more slices there are. Needs a normal class.
   */
  | 'STUDY_AGGREGATION_NOISY_OR'
  | 3

/**
 * How the probabilities of slices become those of their study.
 */
export type StudyAggregation = typeof StudyAggregation[keyof typeof StudyAggregation]
