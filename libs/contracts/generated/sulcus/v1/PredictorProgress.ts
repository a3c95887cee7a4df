// Original file: proto/sulcus/v1/event.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Cumulative counts of one predictor.
 */
export interface PredictorProgressInput {
  /**
   * Version that answers, or empty before the first.
   */
  'version'?: (string);
  'requests'?: (number | string | Long);
  'failedRequests'?: (number | string | Long);
  'swaps'?: (number | string | Long);
  'requestsPerSecond'?: (number | string);
  /**
   * Median over the last reports, milliseconds.
   */
  'p50Ms'?: (number | string);
}

/**
 * Cumulative counts of one predictor.
 */
export interface PredictorProgress {
  /**
   * Version that answers, or empty before the first.
   */
  'version': (string);
  'requests': (number);
  'failedRequests': (number);
  'swaps': (number);
  'requestsPerSecond': (number);
  /**
   * Median over the last reports, milliseconds.
   */
  'p50Ms': (number);
}
