// Original file: proto/sulcus/v1/predictor.proto

import type { PredictResponseInput as _sulcus_v1_PredictResponseInput, PredictResponse as _sulcus_v1_PredictResponse } from '../../sulcus/v1/PredictResponse.js';
import type { PredictErrorInput as _sulcus_v1_PredictErrorInput, PredictError as _sulcus_v1_PredictError } from '../../sulcus/v1/PredictError.js';

/**
 * Answer to one request of a stream.
 */
export interface PredictStreamResponseInput {
  /**
   * The prediction.
   */
  'response'?: (_sulcus_v1_PredictResponseInput | null);
  /**
   * Why there is none.
   */
  'error'?: (_sulcus_v1_PredictErrorInput | null);
  'result'?: "response"|"error";
}

/**
 * Answer to one request of a stream.
 */
export interface PredictStreamResponse {
  /**
   * The prediction.
   */
  'response'?: (_sulcus_v1_PredictResponse | null);
  /**
   * Why there is none.
   */
  'error'?: (_sulcus_v1_PredictError | null);
  'result'?: "response"|"error";
}
