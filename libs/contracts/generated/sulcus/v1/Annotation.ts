// Original file: proto/sulcus/v1/ingest.proto


/**
 * A label for one sample or one study.
 */
export interface AnnotationInput {
  /**
   * As acknowledged at upload.
   */
  'sampleId'?: (string);
  /**
   * Study identity as the site knows it.
   */
  'studyId'?: (string);
  /**
   * Class name.
   */
  'label'?: (string);
  /**
   * For example "radiologist" or "pathology"; empty is recorded as "unknown".
   */
  'labelSource'?: (string);
  'target'?: "sampleId"|"studyId";
}

/**
 * A label for one sample or one study.
 */
export interface Annotation {
  /**
   * As acknowledged at upload.
   */
  'sampleId'?: (string);
  /**
   * Study identity as the site knows it.
   */
  'studyId'?: (string);
  /**
   * Class name.
   */
  'label': (string);
  /**
   * For example "radiologist" or "pathology"; empty is recorded as "unknown".
   */
  'labelSource': (string);
  'target'?: "sampleId"|"studyId";
}
