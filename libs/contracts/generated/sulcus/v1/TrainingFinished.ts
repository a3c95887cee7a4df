// Original file: proto/sulcus/v1/event.proto

import type { Long } from '@grpc/proto-loader';

/**
 * The trainer has nothing more to learn from the data it has: it is idle until images or labels come.
 */
export interface TrainingFinishedInput {
  /**
   * Training run.
   */
  'run'?: (string);
  /**
   * "early_stopping", "epochs", or "caught_up": all that came on the stream was learned from.
   */
  'reason'?: (string);
  /**
   * Training steps of the run.
   */
  'steps'?: (number | string | Long);
  /**
   * Complete epochs of the run.
   */
  'epochs'?: (number);
  /**
   * Samples whose effect is in the weights, over all epochs.
   */
  'samples'?: (number | string | Long);
  /**
   * Over the whole run, waiting included.
   */
  'imagesPerSecond'?: (number | string);
  /**
   * Share of the run's working time, 0-1, spent waiting for batches.
   */
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
  /**
   * Training run.
   */
  'run': (string);
  /**
   * "early_stopping", "epochs", or "caught_up": all that came on the stream was learned from.
   */
  'reason': (string);
  /**
   * Training steps of the run.
   */
  'steps': (number);
  /**
   * Complete epochs of the run.
   */
  'epochs': (number);
  /**
   * Samples whose effect is in the weights, over all epochs.
   */
  'samples': (number);
  /**
   * Over the whole run, waiting included.
   */
  'imagesPerSecond': (number);
  /**
   * Share of the run's working time, 0-1, spent waiting for batches.
   */
  'inputStallFraction': (number);
  /**
   * Newest scan the trainer knew when it finished.
   */
  'scanSequence': (number);
}
