// Original file: proto/sulcus/v1/scan.proto

import type { Long } from '@grpc/proto-loader';

/**
 * A label for a sample or a whole study that arrives apart from the image. Appended, never edited:
 * the newest event for a sample wins.
 */
export interface LabelEventInput {
  /**
   * Identity of the sample.
   */
  'sampleId'?: (string);
  /**
   * Pseudonym of the study.
   */
  'studyId'?: (string);
  /**
   * Class name.
   */
  'label'?: (string);
  /**
   * Who says so: for example "manifest", "report", "radiologist", "pathology".
   */
  'labelSource'?: (string);
  /**
   * Site that sent the label.
   */
  'site'?: (string);
  /**
   * When the label was given, milliseconds since the Unix epoch.
   */
  'labelledUnixMs'?: (number | string | Long);
  /**
   * True when the sample was withdrawn: it is not learned from again. The label is empty then.
   */
  'withdrawn'?: (boolean);
  /**
   * What is labelled: exactly one of the two is set.
   */
  'target'?: "sampleId"|"studyId";
}

/**
 * A label for a sample or a whole study that arrives apart from the image. Appended, never edited:
 * the newest event for a sample wins.
 */
export interface LabelEvent {
  /**
   * Identity of the sample.
   */
  'sampleId'?: (string);
  /**
   * Pseudonym of the study.
   */
  'studyId'?: (string);
  /**
   * Class name.
   */
  'label': (string);
  /**
   * Who says so: for example "manifest", "report", "radiologist", "pathology".
   */
  'labelSource': (string);
  /**
   * Site that sent the label.
   */
  'site': (string);
  /**
   * When the label was given, milliseconds since the Unix epoch.
   */
  'labelledUnixMs': (number);
  /**
   * True when the sample was withdrawn: it is not learned from again. The label is empty then.
   */
  'withdrawn': (boolean);
  /**
   * What is labelled: exactly one of the two is set.
   */
  'target'?: "sampleId"|"studyId";
}
