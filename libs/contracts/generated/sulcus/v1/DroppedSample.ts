// Original file: proto/sulcus/v1/batch.proto

import type { Long } from '@grpc/proto-loader';

/**
 * A sample that was asked for and could not be prepared.
 */
export interface DroppedSampleInput {
  /**
   * Sequence of the scan in the SCANS stream.
   */
  'scanSequence'?: (number | string | Long);
  /**
   * Identity of the sample.
   */
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
  /**
   * Sequence of the scan in the SCANS stream.
   */
  'scanSequence': (number);
  /**
   * Identity of the sample.
   */
  'sampleId': (string);
  /**
   * Stable error code (see libs/errors).
   */
  'code': (string);
}
