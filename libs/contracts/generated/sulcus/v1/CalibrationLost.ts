// Original file: proto/sulcus/v1/event.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Over the last answers to new samples, how sure the version says to be and how often it is right are far apart.
 */
export interface CalibrationLostInput {
  /**
   * Training run that watches.
   */
  'run'?: (string);
  /**
   * Version whose answers they are, or empty: the network in training.
   */
  'version'?: (string);
  /**
   * Mean probability of the classes that were answered, 0-1.
   */
  'meanProbability'?: (number | string);
  /**
   * Share of right answers, 0-1.
   */
  'accuracy'?: (number | string);
  /**
   * Answers compared.
   */
  'answers'?: (number | string | Long);
}

/**
 * Over the last answers to new samples, how sure the version says to be and how often it is right are far apart.
 */
export interface CalibrationLost {
  /**
   * Training run that watches.
   */
  'run': (string);
  /**
   * Version whose answers they are, or empty: the network in training.
   */
  'version': (string);
  /**
   * Mean probability of the classes that were answered, 0-1.
   */
  'meanProbability': (number);
  /**
   * Share of right answers, 0-1.
   */
  'accuracy': (number);
  /**
   * Answers compared.
   */
  'answers': (number);
}
