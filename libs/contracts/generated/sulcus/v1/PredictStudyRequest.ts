// Original file: proto/sulcus/v1/study.proto

import type { StudyHeaderInput as _sulcus_v1_StudyHeaderInput, StudyHeader as _sulcus_v1_StudyHeader } from '../../sulcus/v1/StudyHeader.js';
import type { StudySliceInput as _sulcus_v1_StudySliceInput, StudySlice as _sulcus_v1_StudySlice } from '../../sulcus/v1/StudySlice.js';

/**
 * One message of a study that is sent: options at most once and first, then the slices.
 */
export interface PredictStudyRequestInput {
  /**
   * Of the whole study.
   */
  'study'?: (_sulcus_v1_StudyHeaderInput | null);
  /**
   * The next slice.
   */
  'slice'?: (_sulcus_v1_StudySliceInput | null);
  'content'?: "study"|"slice";
}

/**
 * One message of a study that is sent: options at most once and first, then the slices.
 */
export interface PredictStudyRequest {
  /**
   * Of the whole study.
   */
  'study'?: (_sulcus_v1_StudyHeader | null);
  /**
   * The next slice.
   */
  'slice'?: (_sulcus_v1_StudySlice | null);
  'content'?: "study"|"slice";
}
