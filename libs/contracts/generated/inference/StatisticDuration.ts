// Original file: proto/inference/v2/grpc_service.proto

import type { Long } from '@grpc/proto-loader';

export interface StatisticDurationInput {
  'count'?: (number | string | Long);
  /**
   * Nanoseconds together.
   */
  'ns'?: (number | string | Long);
}

export interface StatisticDuration {
  'count': (number);
  /**
   * Nanoseconds together.
   */
  'ns': (number);
}
