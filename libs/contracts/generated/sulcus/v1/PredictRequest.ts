// Original file: proto/sulcus/v1/predictor.proto

import type { ExplanationRequestInput as _sulcus_v1_ExplanationRequestInput, ExplanationRequest as _sulcus_v1_ExplanationRequest } from '../../sulcus/v1/ExplanationRequest.js';

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
  /**
   * Asks for a picture of what in the image speaks for a class. Absent: none.
   */
  'explain'?: (_sulcus_v1_ExplanationRequestInput | null);
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
  /**
   * Asks for a picture of what in the image speaks for a class. Absent: none.
   */
  'explain': (_sulcus_v1_ExplanationRequest | null);
}
