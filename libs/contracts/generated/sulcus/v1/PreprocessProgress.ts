// Original file: proto/sulcus/v1/event.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Cumulative counts of one preprocess worker.
 */
export interface PreprocessProgressInput {
  /**
   * Batches stored.
   */
  'batches'?: (number | string | Long);
  /**
   * Samples in these batches.
   */
  'samples'?: (number | string | Long);
  /**
   * Images decoded (cache misses).
   */
  'decoded'?: (number | string | Long);
  /**
   * Samples given up to the dead-letter stream.
   */
  'dropped'?: (number | string | Long);
  /**
   * Memory that prepared images take now.
   */
  'cacheBytes'?: (number | string | Long);
}

/**
 * Cumulative counts of one preprocess worker.
 */
export interface PreprocessProgress {
  /**
   * Batches stored.
   */
  'batches': (number);
  /**
   * Samples in these batches.
   */
  'samples': (number);
  /**
   * Images decoded (cache misses).
   */
  'decoded': (number);
  /**
   * Samples given up to the dead-letter stream.
   */
  'dropped': (number);
  /**
   * Memory that prepared images take now.
   */
  'cacheBytes': (number);
}
