// Original file: proto/inference/v2/model_config.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/inference/v2/model_config.proto

export const _inference_ModelQueuePolicy_TimeoutAction = {
  REJECT: 'REJECT',
  DELAY: 'DELAY',
} as const;

export type _inference_ModelQueuePolicy_TimeoutActionInput =
  | 'REJECT'
  | 0
  | 'DELAY'
  | 1

export type _inference_ModelQueuePolicy_TimeoutAction = typeof _inference_ModelQueuePolicy_TimeoutAction[keyof typeof _inference_ModelQueuePolicy_TimeoutAction]

/**
 * What happens to requests that wait.
 */
export interface ModelQueuePolicyInput {
  'timeoutAction'?: (_inference_ModelQueuePolicy_TimeoutActionInput);
  /**
   * 0: a request waits as long as its caller does.
   */
  'defaultTimeoutMicroseconds'?: (number | string | Long);
  /**
   * Whether a request may set a time of its own, in its parameter `timeout`.
   */
  'allowTimeoutOverride'?: (boolean);
  /**
   * Requests beyond so many are refused.
   */
  'maxQueueSize'?: (number);
}

/**
 * What happens to requests that wait.
 */
export interface ModelQueuePolicy {
  'timeoutAction': (_inference_ModelQueuePolicy_TimeoutAction);
  /**
   * 0: a request waits as long as its caller does.
   */
  'defaultTimeoutMicroseconds': (number);
  /**
   * Whether a request may set a time of its own, in its parameter `timeout`.
   */
  'allowTimeoutOverride': (boolean);
  /**
   * Requests beyond so many are refused.
   */
  'maxQueueSize': (number);
}
