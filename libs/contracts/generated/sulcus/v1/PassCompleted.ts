// Original file: proto/sulcus/v1/event.proto

import type { Long } from '@grpc/proto-loader';

/**
 * A pass over the training samples is complete: every sample had its effect exactly once in it.
 */
export interface PassCompletedInput {
  /**
   * Training run.
   */
  'run'?: (string);
  /**
   * The pass, from 0.
   */
  'pass'?: (number);
  /**
   * Samples that had their effect in it.
   */
  'samples'?: (number | string | Long);
  /**
   * Samples that could not be prepared.
   */
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
  /**
   * Training run.
   */
  'run': (string);
  /**
   * The pass, from 0.
   */
  'pass': (number);
  /**
   * Samples that had their effect in it.
   */
  'samples': (number);
  /**
   * Samples that could not be prepared.
   */
  'dropped': (number);
  /**
   * Samples applied a second time within the pass; anything but 0 is a defect.
   */
  'repeated': (number);
}
