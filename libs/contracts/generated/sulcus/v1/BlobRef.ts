// Original file: proto/sulcus/v1/common.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Names bytes that are kept in the blob store because they do not fit a message (claim check).
 */
export interface BlobRefInput {
  /**
   * SHA-256 of the whole content, lower-case hexadecimal.
   */
  'sha256'?: (string);
  /**
   * Length of the whole content in bytes.
   */
  'sizeBytes'?: (number | string | Long);
  /**
   * Number of chunks the content is stored in.
   */
  'chunkCount'?: (number);
}

/**
 * Names bytes that are kept in the blob store because they do not fit a message (claim check).
 */
export interface BlobRef {
  /**
   * SHA-256 of the whole content, lower-case hexadecimal.
   */
  'sha256': (string);
  /**
   * Length of the whole content in bytes.
   */
  'sizeBytes': (number);
  /**
   * Number of chunks the content is stored in.
   */
  'chunkCount': (number);
}
