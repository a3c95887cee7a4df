// Original file: proto/sulcus/v1/ingest.proto


export interface AnnotateResponseInput {
  /**
   * Labels stored durably.
   */
  'accepted'?: (number);
}

export interface AnnotateResponse {
  /**
   * Labels stored durably.
   */
  'accepted': (number);
}
