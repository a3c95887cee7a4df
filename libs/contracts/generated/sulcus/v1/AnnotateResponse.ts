// Original file: proto/sulcus/v1/ingest.proto


/**
 * All labels of the request are stored.
 */
export interface AnnotateResponseInput {
  /**
   * Labels stored durably.
   */
  'accepted'?: (number);
}

/**
 * All labels of the request are stored.
 */
export interface AnnotateResponse {
  /**
   * Labels stored durably.
   */
  'accepted': (number);
}
