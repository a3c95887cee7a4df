// Original file: proto/sulcus/v1/predictor.proto


export interface PredictRequestInput {
  /**
   * Encoded file: JPEG, PNG, TIFF or WebP.
   */
  'image'?: (Buffer | Uint8Array | string);
  /**
   * Caller's own name for the request, echoed in the answer.
   */
  'name'?: (string);
}

export interface PredictRequest {
  /**
   * Encoded file: JPEG, PNG, TIFF or WebP.
   */
  'image': (Buffer);
  /**
   * Caller's own name for the request, echoed in the answer.
   */
  'name': (string);
}
