// Original file: proto/inference/v2/grpc_service.proto

import type { StatisticDurationInput as _inference_StatisticDurationInput, StatisticDuration as _inference_StatisticDuration } from '../inference/StatisticDuration.js';

/**
 * Times are counted once per request, whatever its number of images.
 */
export interface InferStatisticsInput {
  /**
   * From admission to answer.
   */
  'success'?: (_inference_StatisticDurationInput | null);
  'fail'?: (_inference_StatisticDurationInput | null);
  /**
   * From being ready for the network to the batch going out.
   */
  'queue'?: (_inference_StatisticDurationInput | null);
  /**
   * Hash, decode and transform.
   */
  'computeInput'?: (_inference_StatisticDurationInput | null);
  /**
   * The run of the batch.
   */
  'computeInfer'?: (_inference_StatisticDurationInput | null);
  /**
   * Part of compute_infer here: counted, without a time of its own.
   */
  'computeOutput'?: (_inference_StatisticDurationInput | null);
  'cacheHit'?: (_inference_StatisticDurationInput | null);
  'cacheMiss'?: (_inference_StatisticDurationInput | null);
}

/**
 * Times are counted once per request, whatever its number of images.
 */
export interface InferStatistics {
  /**
   * From admission to answer.
   */
  'success': (_inference_StatisticDuration | null);
  'fail': (_inference_StatisticDuration | null);
  /**
   * From being ready for the network to the batch going out.
   */
  'queue': (_inference_StatisticDuration | null);
  /**
   * Hash, decode and transform.
   */
  'computeInput': (_inference_StatisticDuration | null);
  /**
   * The run of the batch.
   */
  'computeInfer': (_inference_StatisticDuration | null);
  /**
   * Part of compute_infer here: counted, without a time of its own.
   */
  'computeOutput': (_inference_StatisticDuration | null);
  'cacheHit': (_inference_StatisticDuration | null);
  'cacheMiss': (_inference_StatisticDuration | null);
}
