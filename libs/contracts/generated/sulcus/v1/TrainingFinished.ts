// Original file: proto/sulcus/v1/event.proto

import type { Long } from '@grpc/proto-loader';

/**
 * The trainer has nothing more to learn from the data it has: it is idle until images or labels come.
 */
export interface TrainingFinishedInput {
  'run'?: (string);
  /**
   * "early_stopping", "epochs" or "no_data".
   */
  'reason'?: (string);
  'steps'?: (number | string | Long);
  'passes'?: (number);
  'samples'?: (number | string | Long);
  'imagesPerSecond'?: (number | string);
  'inputStallFraction'?: (number | string);
  /**
   * Newest scan the trainer knew when it finished.
   */
  'scanSequence'?: (number | string | Long);
}

/**
 * The trainer has nothing more to learn from the data it has: it is idle until images or labels come.
 */
export interface TrainingFinished {
  'run': (string);
  /**
   * "early_stopping", "epochs" or "no_data".
   */
  'reason': (string);
  'steps': (number);
  'passes': (number);
  'samples': (number);
  'imagesPerSecond': (number);
  'inputStallFraction': (number);
  /**
   * Newest scan the trainer knew when it finished.
   */
  'scanSequence': (number);
}
