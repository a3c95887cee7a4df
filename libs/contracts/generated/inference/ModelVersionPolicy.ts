// Original file: proto/inference/v2/model_config.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Every version.
 */
export interface _inference_ModelVersionPolicy_AllInput {
}

/**
 * Every version.
 */
export interface _inference_ModelVersionPolicy_All {
}

/**
 * The newest so many versions.
 */
export interface _inference_ModelVersionPolicy_LatestInput {
  'numVersions'?: (number);
}

/**
 * The newest so many versions.
 */
export interface _inference_ModelVersionPolicy_Latest {
  'numVersions': (number);
}

/**
 * The versions named.
 */
export interface _inference_ModelVersionPolicy_SpecificInput {
  'versions'?: (number | string | Long)[];
}

/**
 * The versions named.
 */
export interface _inference_ModelVersionPolicy_Specific {
  'versions': (number)[];
}

export interface ModelVersionPolicyInput {
  'latest'?: (_inference_ModelVersionPolicy_LatestInput | null);
  'all'?: (_inference_ModelVersionPolicy_AllInput | null);
  'specific'?: (_inference_ModelVersionPolicy_SpecificInput | null);
  'policyChoice'?: "latest"|"all"|"specific";
}

export interface ModelVersionPolicy {
  'latest'?: (_inference_ModelVersionPolicy_Latest | null);
  'all'?: (_inference_ModelVersionPolicy_All | null);
  'specific'?: (_inference_ModelVersionPolicy_Specific | null);
  'policyChoice'?: "latest"|"all"|"specific";
}
