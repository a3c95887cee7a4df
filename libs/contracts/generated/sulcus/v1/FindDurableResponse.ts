// Original file: proto/sulcus/v1/ingest.proto


/**
 * Those that are there now, whole.
 */
export interface FindDurableResponseInput {
  /**
   * In the order of the request.
   */
  'sampleIds'?: (string)[];
}

/**
 * Those that are there now, whole.
 */
export interface FindDurableResponse {
  /**
   * In the order of the request.
   */
  'sampleIds': (string)[];
}
