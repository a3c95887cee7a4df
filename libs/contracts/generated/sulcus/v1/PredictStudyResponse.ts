// Original file: proto/sulcus/v1/study.proto

import type { StudyPredictionInput as _sulcus_v1_StudyPredictionInput, StudyPrediction as _sulcus_v1_StudyPrediction } from '../../sulcus/v1/StudyPrediction.js';

/**
 * Answer about a study.
 */
export interface PredictStudyResponseInput {
  /**
   * The prediction.
   */
  'prediction'?: (_sulcus_v1_StudyPredictionInput | null);
}

/**
 * Answer about a study.
 */
export interface PredictStudyResponse {
  /**
   * The prediction.
   */
  'prediction': (_sulcus_v1_StudyPrediction | null);
}
