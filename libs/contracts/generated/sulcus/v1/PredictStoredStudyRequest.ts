// Original file: proto/sulcus/v1/study.proto

import type { StudyOptionsInput as _sulcus_v1_StudyOptionsInput, StudyOptions as _sulcus_v1_StudyOptions } from '../../sulcus/v1/StudyOptions.js';

/**
 * Asks about a study whose slices were ingested.
 */
export interface PredictStoredStudyRequestInput {
  /**
   * Pseudonym of the study, as scans carry it.
   */
  'studyId'?: (string);
  /**
   * How it is predicted.
   */
  'options'?: (_sulcus_v1_StudyOptionsInput | null);
}

/**
 * Asks about a study whose slices were ingested.
 */
export interface PredictStoredStudyRequest {
  /**
   * Pseudonym of the study, as scans carry it.
   */
  'studyId': (string);
  /**
   * How it is predicted.
   */
  'options': (_sulcus_v1_StudyOptions | null);
}
