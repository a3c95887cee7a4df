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
  /**
   * Pseudonym of the study, from edges, who alone can make it.
   */
  'studyPseudonym'?: (string);
  'target'?: "sampleId"|"studyId"|"studyPseudonym";
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
  /**
   * Pseudonym of the study, from edges, who alone can make it.
   */
  'studyPseudonym'?: (string);
  'target'?: "sampleId"|"studyId"|"studyPseudonym";
}
