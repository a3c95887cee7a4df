// Original file: proto/inference/v2/grpc_service.proto

import type { InferStatisticsInput as _inference_InferStatisticsInput, InferStatistics as _inference_InferStatistics } from '../inference/InferStatistics.js';
import type { InferBatchStatisticsInput as _inference_InferBatchStatisticsInput, InferBatchStatistics as _inference_InferBatchStatistics } from '../inference/InferBatchStatistics.js';
import type { Long } from '@grpc/proto-loader';

export interface ModelStatisticsInput {
  'name'?: (string);
  'version'?: (string);
  /**
   * Milliseconds since the Unix epoch.
   */
  'lastInference'?: (number | string | Long);
  /**
   * Images.
   */
  'inferenceCount'?: (number | string | Long);
  /**
   * Runs of the network: fewer than images where batches were shared.
   */
  'executionCount'?: (number | string | Long);
  'inferenceStats'?: (_inference_InferStatisticsInput | null);
  'batchStats'?: (_inference_InferBatchStatisticsInput)[];
}

export interface ModelStatistics {
  'name': (string);
  'version': (string);
  /**
   * Milliseconds since the Unix epoch.
   */
  'lastInference': (number);
  /**
   * Images.
   */
  'inferenceCount': (number);
  /**
   * Runs of the network: fewer than images where batches were shared.
   */
  'executionCount': (number);
  'inferenceStats': (_inference_InferStatistics | null);
  'batchStats': (_inference_InferBatchStatistics)[];
}
