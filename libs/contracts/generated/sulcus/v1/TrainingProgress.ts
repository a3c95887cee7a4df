// Original file: proto/sulcus/v1/event.proto

import type { Long } from '@grpc/proto-loader';

/**
 * One report while the trainer works, at most a few per second.
 */
export interface TrainingProgressInput {
  /**
   * Training run.
   */
  'run'?: (string);
  /**
   * Training steps so far.
   */
  'step'?: (number | string | Long);
  /**
   * Epoch, from 0.
   */
  'epoch'?: (number);
  /**
   * Samples whose effect is in the weights, over all epochs.
   */
  'samples'?: (number | string | Long);
  /**
   * Mean over the steps since the last report.
   */
  'loss'?: (number | string);
  /**
   * Fraction, 0-1, over the samples since the last report.
   */
  'accuracy'?: (number | string);
  /**
   * Over the steps since the last report, waiting included.
   */
  'imagesPerSecond'?: (number | string);
  /**
   * Share of the run's wall time, 0-1, spent waiting for batches while working.
   */
  'inputStallFraction'?: (number | string);
  /**
   * Learning rate of the last step.
   */
  'learningRate'?: (number | string);
  /**
   * New samples that were learned from; 0 where the run learns in epochs.
   */
  'arrivals'?: (number | string | Long);
}

/**
 * One report while the trainer works, at most a few per second.
 */
export interface TrainingProgress {
  /**
   * Training run.
   */
  'run': (string);
  /**
   * Training steps so far.
   */
  'step': (number);
  /**
   * Epoch, from 0.
   */
  'epoch': (number);
  /**
   * Samples whose effect is in the weights, over all epochs.
   */
  'samples': (number);
  /**
   * Mean over the steps since the last report.
   */
  'loss': (number);
  /**
   * Fraction, 0-1, over the samples since the last report.
   */
  'accuracy': (number);
  /**
   * Over the steps since the last report, waiting included.
   */
  'imagesPerSecond': (number);
  /**
   * Share of the run's wall time, 0-1, spent waiting for batches while working.
   */
  'inputStallFraction': (number);
  /**
   * Learning rate of the last step.
   */
  'learningRate': (number);
  /**
   * New samples that were learned from; 0 where the run learns in epochs.
   */
  'arrivals': (number);
}
