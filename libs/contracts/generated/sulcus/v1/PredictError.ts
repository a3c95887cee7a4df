// Original file: proto/sulcus/v1/common.proto


/**
 * Why an image could not be predicted.
 */
export interface PredictErrorInput {
  /**
   * Name given in the request.
   */
  'name'?: (string);
  /**
   * Stable error code (see libs/errors).
   */
  'code'?: (string);
  /**
   * What is wrong and what to do.
   */
  'message'?: (string);
}

/**
 * Why an image could not be predicted.
 */
export interface PredictError {
  /**
   * Name given in the request.
   */
  'name': (string);
  /**
   * Stable error code (see libs/errors).
   */
  'code': (string);
  /**
   * What is wrong and what to do.
   */
  'message': (string);
}
