// Original file: proto/sulcus/v1/event.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Cumulative counts of one preprocess worker.
 */
export interface PreprocessProgressInput {
  'batches'?: (number | string | Long);
  'samples'?: (number | string | Long);
  /**
   * Images decoded (cache misses).
   */
  'decoded'?: (number | string | Long);
  /**
   * Samples given up to the dead-letter stream.
   */
  'dropped'?: (number | string | Long);
  'cacheBytes'?: (number | string | Long);
}

/**
 * Cumulative counts of one preprocess worker.
 */
export interface PreprocessProgress {
  'batches': (number);
  'samples': (number);
  /**
   * Images decoded (cache misses).
   */
  'decoded': (number);
  /**
   * Samples given up to the dead-letter stream.
   */
  'dropped': (number);
  'cacheBytes': (number);
}
