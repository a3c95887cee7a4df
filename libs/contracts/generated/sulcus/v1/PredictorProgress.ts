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
  /**
   * Requests answered, failures included.
   */
  'requests'?: (number | string | Long);
  /**
   * Requests answered with an error that is not the caller's.
   */
  'failedRequests'?: (number | string | Long);
  /**
   * Times another version took over.
   */
  'swaps'?: (number | string | Long);
  /**
   * Requests a second since the last report.
   */
  'requestsPerSecond'?: (number | string);
  /**
   * Median over the last reports, milliseconds.
   */
  'p50Ms'?: (number | string);
  /**
   * Rejected requests since the start, whoever is to blame, by reason: QUEUE_REQUESTS and QUEUE_BYTES (the limit that
   * was reached), CANCELLED, DEADLINE, INVALID, NOT_READY, BACKEND, BROKER (a record could not be stored), OTHER.
   */
  'rejections'?: ({[key: string]: number | string | Long});
  /**
   * Records of predictions that the broker has.
   */
  'recordsStored'?: (number | string | Long);
  /**
   * Records that are lost: there was no room to wait for the broker, or it refused them.
   */
  'recordsDropped'?: (number | string | Long);
  /**
   * Records that wait for the broker.
   */
  'recordsWaiting'?: (number | string | Long);
}

/**
 * Cumulative counts of one predictor.
 */
export interface PredictorProgress {
  /**
   * Version that answers, or empty before the first.
   */
  'version': (string);
  /**
   * Requests answered, failures included.
   */
  'requests': (number);
  /**
   * Requests answered with an error that is not the caller's.
   */
  'failedRequests': (number);
  /**
   * Times another version took over.
   */
  'swaps': (number);
  /**
   * Requests a second since the last report.
   */
  'requestsPerSecond': (number);
  /**
   * Median over the last reports, milliseconds.
   */
  'p50Ms': (number);
  /**
   * Rejected requests since the start, whoever is to blame, by reason: QUEUE_REQUESTS and QUEUE_BYTES (the limit that
   * was reached), CANCELLED, DEADLINE, INVALID, NOT_READY, BACKEND, BROKER (a record could not be stored), OTHER.
   */
  'rejections': ({[key: string]: number});
  /**
   * Records of predictions that the broker has.
   */
  'recordsStored': (number);
  /**
   * Records that are lost: there was no room to wait for the broker, or it refused them.
   */
  'recordsDropped': (number);
  /**
   * Records that wait for the broker.
   */
  'recordsWaiting': (number);
}
