// Original file: proto/sulcus/v1/event.proto

import type { Long } from '@grpc/proto-loader';

/**
 * A predictor has put one class first for every image for a while.
 */
export interface ConstantAnswersNoticedInput {
  /**
   * Version that answers.
   */
  'version'?: (string);
  /**
   * The class.
   */
  'className'?: (string);
  /**
   * Answers in a row.
   */
  'answers'?: (number | string | Long);
}

/**
 * A predictor has put one class first for every image for a while.
 */
export interface ConstantAnswersNoticed {
  /**
   * Version that answers.
   */
  'version': (string);
  /**
   * The class.
   */
  'className': (string);
  /**
   * Answers in a row.
   */
  'answers': (number);
}
