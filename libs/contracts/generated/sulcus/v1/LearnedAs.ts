// Original file: proto/sulcus/v1/lineage.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Samples that were learned under one label.
 */
export interface LearnedAsInput {
  /**
   * Class name.
   */
  'label'?: (string);
  /**
   * Their sequences on SCANS in ascending order, each as its distance from the one before: 5, 2, 1 stands for the scans
   * 5, 7 and 8.
   */
  'distances'?: (number | string | Long)[];
}

/**
 * Samples that were learned under one label.
 */
export interface LearnedAs {
  /**
   * Class name.
   */
  'label': (string);
  /**
   * Their sequences on SCANS in ascending order, each as its distance from the one before: 5, 2, 1 stands for the scans
   * 5, 7 and 8.
   */
  'distances': (number)[];
}
