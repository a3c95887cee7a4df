// Original file: proto/sulcus/v1/event.proto

import type { Long } from '@grpc/proto-loader';

/**
 * An epoch is complete: every training sample had its effect exactly once in it.
 */
export interface EpochCompletedInput {
  /**
   * Training run.
   */
  'run'?: (string);
  /**
   * The epoch, from 0.
   */
  'epoch'?: (number);
  /**
   * Samples that had their effect in it.
   */
  'samples'?: (number | string | Long);
  /**
   * Samples that could not be prepared.
   */
  'dropped'?: (number | string | Long);
  /**
   * Samples applied a second time within the epoch; anything but 0 is a defect.
   */
  'repeated'?: (number | string | Long);
}

/**
 * An epoch is complete: every training sample had its effect exactly once in it.
 */
export interface EpochCompleted {
  /**
   * Training run.
   */
  'run': (string);
  /**
   * The epoch, from 0.
   */
  'epoch': (number);
  /**
   * Samples that had their effect in it.
   */
  'samples': (number);
  /**
   * Samples that could not be prepared.
   */
  'dropped': (number);
  /**
   * Samples applied a second time within the epoch; anything but 0 is a defect.
   */
  'repeated': (number);
}
