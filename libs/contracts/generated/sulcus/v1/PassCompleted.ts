// Original file: proto/sulcus/v1/event.proto

import type { Long } from '@grpc/proto-loader';

/**
 * A pass over the training samples is complete: every sample had its effect exactly once in it.
 */
export interface PassCompletedInput {
  'run'?: (string);
  'pass'?: (number);
  'samples'?: (number | string | Long);
  'dropped'?: (number | string | Long);
  /**
   * Samples applied a second time within the pass; anything but 0 is a defect.
   */
  'repeated'?: (number | string | Long);
}

/**
 * A pass over the training samples is complete: every sample had its effect exactly once in it.
 */
export interface PassCompleted {
  'run': (string);
  'pass': (number);
  'samples': (number);
  'dropped': (number);
  /**
   * Samples applied a second time within the pass; anything but 0 is a defect.
   */
  'repeated': (number);
}
