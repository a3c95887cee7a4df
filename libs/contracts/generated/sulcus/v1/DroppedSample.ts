// Original file: proto/sulcus/v1/batch.proto

import type { Long } from '@grpc/proto-loader';

/**
 * A sample that was asked for and could not be prepared.
 */
export interface DroppedSampleInput {
  'scanSequence'?: (number | string | Long);
  'sampleId'?: (string);
  /**
   * Stable error code (see libs/errors).
   */
  'code'?: (string);
}

/**
 * A sample that was asked for and could not be prepared.
 */
export interface DroppedSample {
  'scanSequence': (number);
  'sampleId': (string);
  /**
   * Stable error code (see libs/errors).
   */
  'code': (string);
}
