// Original file: proto/sulcus/v1/batch.proto

import type { Long } from '@grpc/proto-loader';

/**
 * One sample of a batch.
 */
export interface SampleRefInput {
  /**
   * Sequence of the scan in the SCANS stream.
   */
  'scanSequence'?: (number | string | Long);
  /**
   * Identity of the sample, as in the scan.
   */
  'sampleId'?: (string);
  /**
   * Index into the run's class list.
   */
  'classIndex'?: (number);
}

/**
 * One sample of a batch.
 */
export interface SampleRef {
  /**
   * Sequence of the scan in the SCANS stream.
   */
  'scanSequence': (number);
  /**
   * Identity of the sample, as in the scan.
   */
  'sampleId': (string);
  /**
   * Index into the run's class list.
   */
  'classIndex': (number);
}
