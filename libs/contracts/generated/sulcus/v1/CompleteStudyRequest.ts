// Original file: proto/sulcus/v1/ingest.proto


/**
 * A study that is complete.
 */
export interface CompleteStudyRequestInput {
  /**
   * Site that it is of: the caller's own.
   */
  'site'?: (string);
  /**
   * Pseudonym of the study.
   */
  'studyId'?: (string);
  /**
   * Samples that it has then.
   */
  'samples'?: (number);
}

/**
 * A study that is complete.
 */
export interface CompleteStudyRequest {
  /**
   * Site that it is of: the caller's own.
   */
  'site': (string);
  /**
   * Pseudonym of the study.
   */
  'studyId': (string);
  /**
   * Samples that it has then.
   */
  'samples': (number);
}
