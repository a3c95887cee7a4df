// Original file: proto/sulcus/v1/predictor.proto


/**
 * One image to predict.
 */
export interface PredictRequestInput {
  /**
   * Encoded file: JPEG, PNG, TIFF or WebP.
   */
  'image'?: (Buffer | Uint8Array | string);
  /**
   * Caller's own name for the request, echoed in the answer.
   */
  'name'?: (string);
  /**
   * Urgency: 1 goes first, 3 last; 0 means 2. INVALID_ARGUMENT for any other.
   */
  'priority'?: (number);
}

/**
 * One image to predict.
 */
export interface PredictRequest {
  /**
   * Encoded file: JPEG, PNG, TIFF or WebP.
   */
  'image': (Buffer);
  /**
   * Caller's own name for the request, echoed in the answer.
   */
  'name': (string);
  /**
   * Urgency: 1 goes first, 3 last; 0 means 2. INVALID_ARGUMENT for any other.
   */
  'priority': (number);
}
