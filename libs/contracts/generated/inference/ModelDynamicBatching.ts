// Original file: proto/inference/v2/model_config.proto

import type { ModelQueuePolicyInput as _inference_ModelQueuePolicyInput, ModelQueuePolicy as _inference_ModelQueuePolicy } from '../inference/ModelQueuePolicy.js';
import type { Long } from '@grpc/proto-loader';

/**
 * How requests of several callers become one run of the network.
 */
export interface ModelDynamicBatchingInput {
  'preferredBatchSize'?: (number)[];
  /**
   * How long an image may wait for others.
   */
  'maxQueueDelayMicroseconds'?: (number | string | Long);
  /**
   * Whether answers leave in the order of the requests, across callers.
   */
  'preserveOrdering'?: (boolean);
  /**
   * 1 is the most urgent; 0 levels: all requests are equal.
   */
  'priorityLevels'?: (number | string | Long);
  'defaultPriorityLevel'?: (number | string | Long);
  'defaultQueuePolicy'?: (_inference_ModelQueuePolicyInput | null);
  'priorityQueuePolicy'?: ({[key: number]: _inference_ModelQueuePolicyInput});
}

/**
 * How requests of several callers become one run of the network.
 */
export interface ModelDynamicBatching {
  'preferredBatchSize': (number)[];
  /**
   * How long an image may wait for others.
   */
  'maxQueueDelayMicroseconds': (number);
  /**
   * Whether answers leave in the order of the requests, across callers.
   */
  'preserveOrdering': (boolean);
  /**
   * 1 is the most urgent; 0 levels: all requests are equal.
   */
  'priorityLevels': (number);
  'defaultPriorityLevel': (number);
  'defaultQueuePolicy': (_inference_ModelQueuePolicy | null);
  'priorityQueuePolicy': ({[key: number]: _inference_ModelQueuePolicy});
}
