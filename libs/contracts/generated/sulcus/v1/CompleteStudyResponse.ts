// Original file: proto/sulcus/v1/ingest.proto


/**
 * It is kept.
 */
export interface CompleteStudyResponseInput {
}

/**
 * It is kept.
 */
export interface CompleteStudyResponse {
}
