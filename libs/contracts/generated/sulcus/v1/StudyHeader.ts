// Original file: proto/sulcus/v1/study.proto

import type { StudyOptionsInput as _sulcus_v1_StudyOptionsInput, StudyOptions as _sulcus_v1_StudyOptions } from '../../sulcus/v1/StudyOptions.js';

/**
 * What is said of a study before its slices.
 */
export interface StudyHeaderInput {
  /**
   * Caller's own name for the study, echoed in the answer.
   */
  'studyId'?: (string);
  /**
   * How it is predicted.
   */
  'options'?: (_sulcus_v1_StudyOptionsInput | null);
}

/**
 * What is said of a study before its slices.
 */
export interface StudyHeader {
  /**
   * Caller's own name for the study, echoed in the answer.
   */
  'studyId': (string);
  /**
   * How it is predicted.
   */
  'options': (_sulcus_v1_StudyOptions | null);
}
