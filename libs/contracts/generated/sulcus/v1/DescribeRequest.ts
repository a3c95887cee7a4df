// Original file: proto/sulcus/v1/ingest.proto


/**
 * Nothing is asked.
 */
export interface DescribeRequestInput {
}

/**
 * Nothing is asked.
 */
export interface DescribeRequest {
}
