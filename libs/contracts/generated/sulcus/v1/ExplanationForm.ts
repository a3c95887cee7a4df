// Original file: proto/sulcus/v1/predictor.proto

/**
 * What the picture of an explanation shows.
 */
export const ExplanationForm = {
  /**
   * The image with heat colours over the regions that speak for the class; all else as it is.
   */
  EXPLANATION_FORM_OVERLAY: 'EXPLANATION_FORM_OVERLAY',
  /**
   * The heat alone, one grey channel: 0 where nothing speaks for the class or the network saw nothing, 255 at the
   * largest value.
   */
  EXPLANATION_FORM_HEAT_MAP: 'EXPLANATION_FORM_HEAT_MAP',
} as const;

/**
 * What the picture of an explanation shows.
 */
export type ExplanationFormInput =
  /**
   * The image with heat colours over the regions that speak for the class; all else as it is.
   */
  | 'EXPLANATION_FORM_OVERLAY'
  | 0
  /**
   * The heat alone, one grey channel: 0 where nothing speaks for the class or the network saw nothing, 255 at the
   * largest value.
   */
  | 'EXPLANATION_FORM_HEAT_MAP'
  | 1

/**
 * What the picture of an explanation shows.
 */
export type ExplanationForm = typeof ExplanationForm[keyof typeof ExplanationForm]
