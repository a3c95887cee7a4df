// Original file: proto/sulcus/v1/ingest.proto


/**
 * Samples that may be on durable storage.
 */
export interface FindDurableRequestInput {
  /**
   * Site that they are of: the caller's own.
   */
  'site'?: (string);
  /**
   * SHA-256 of each, lower-case hexadecimal; at most 1,000.
   */
  'sampleIds'?: (string)[];
}

/**
 * Samples that may be on durable storage.
 */
export interface FindDurableRequest {
  /**
   * Site that they are of: the caller's own.
   */
  'site': (string);
  /**
   * SHA-256 of each, lower-case hexadecimal; at most 1,000.
   */
  'sampleIds': (string)[];
}
