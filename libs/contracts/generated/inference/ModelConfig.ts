// Original file: proto/inference/v2/model_config.proto

import type { ModelVersionPolicyInput as _inference_ModelVersionPolicyInput, ModelVersionPolicy as _inference_ModelVersionPolicy } from '../inference/ModelVersionPolicy.js';
import type { ModelInputInput as _inference_ModelInputInput, ModelInput as _inference_ModelInput } from '../inference/ModelInput.js';
import type { ModelOutputInput as _inference_ModelOutputInput, ModelOutput as _inference_ModelOutput } from '../inference/ModelOutput.js';
import type { ModelInstanceGroupInput as _inference_ModelInstanceGroupInput, ModelInstanceGroup as _inference_ModelInstanceGroup } from '../inference/ModelInstanceGroup.js';
import type { ModelDynamicBatchingInput as _inference_ModelDynamicBatchingInput, ModelDynamicBatching as _inference_ModelDynamicBatching } from '../inference/ModelDynamicBatching.js';
import type { ModelParameterInput as _inference_ModelParameterInput, ModelParameter as _inference_ModelParameter } from '../inference/ModelParameter.js';
import type { ModelTransactionPolicyInput as _inference_ModelTransactionPolicyInput, ModelTransactionPolicy as _inference_ModelTransactionPolicy } from '../inference/ModelTransactionPolicy.js';

/**
 * How a model is served, as `ModelConfig` answers it: the part of the published configuration message that a client can
 * learn something from here. Field numbers are the published ones, and those that are left out are never sent, so
 * clients built from the full message read this one.
 */
export interface ModelConfigInput {
  'name'?: (string);
  /**
   * Software that the network runs on.
   */
  'platform'?: (string);
  /**
   * Which versions answer: here always the one in service.
   */
  'versionPolicy'?: (_inference_ModelVersionPolicyInput | null);
  /**
   * Images per request at most. Every tensor has one dimension more than `dims` says, the first: the images.
   */
  'maxBatchSize'?: (number);
  'input'?: (_inference_ModelInputInput)[];
  'output'?: (_inference_ModelOutputInput)[];
  'instanceGroup'?: (_inference_ModelInstanceGroupInput)[];
  'dynamicBatching'?: (_inference_ModelDynamicBatchingInput | null);
  /**
   * What else there is to know of the version: see the predictor's README.
   */
  'parameters'?: ({[key: string]: _inference_ModelParameterInput});
  'backend'?: (string);
  'modelTransactionPolicy'?: (_inference_ModelTransactionPolicyInput | null);
  'schedulingChoice'?: "dynamicBatching";
}

/**
 * How a model is served, as `ModelConfig` answers it: the part of the published configuration message that a client can
 * learn something from here. Field numbers are the published ones, and those that are left out are never sent, so
 * clients built from the full message read this one.
 */
export interface ModelConfig {
  'name': (string);
  /**
   * Software that the network runs on.
   */
  'platform': (string);
  /**
   * Which versions answer: here always the one in service.
   */
  'versionPolicy': (_inference_ModelVersionPolicy | null);
  /**
   * Images per request at most. Every tensor has one dimension more than `dims` says, the first: the images.
   */
  'maxBatchSize': (number);
  'input': (_inference_ModelInput)[];
  'output': (_inference_ModelOutput)[];
  'instanceGroup': (_inference_ModelInstanceGroup)[];
  'dynamicBatching'?: (_inference_ModelDynamicBatching | null);
  /**
   * What else there is to know of the version: see the predictor's README.
   */
  'parameters': ({[key: string]: _inference_ModelParameter});
  'backend': (string);
  'modelTransactionPolicy': (_inference_ModelTransactionPolicy | null);
  'schedulingChoice'?: "dynamicBatching";
}
