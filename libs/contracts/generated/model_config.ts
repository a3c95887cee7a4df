import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { ModelConfigInput as _inference_ModelConfigInput, ModelConfig as _inference_ModelConfig } from './inference/ModelConfig.js';
import type { ModelDynamicBatchingInput as _inference_ModelDynamicBatchingInput, ModelDynamicBatching as _inference_ModelDynamicBatching } from './inference/ModelDynamicBatching.js';
import type { ModelInputInput as _inference_ModelInputInput, ModelInput as _inference_ModelInput } from './inference/ModelInput.js';
import type { ModelInstanceGroupInput as _inference_ModelInstanceGroupInput, ModelInstanceGroup as _inference_ModelInstanceGroup } from './inference/ModelInstanceGroup.js';
import type { ModelOutputInput as _inference_ModelOutputInput, ModelOutput as _inference_ModelOutput } from './inference/ModelOutput.js';
import type { ModelParameterInput as _inference_ModelParameterInput, ModelParameter as _inference_ModelParameter } from './inference/ModelParameter.js';
import type { ModelQueuePolicyInput as _inference_ModelQueuePolicyInput, ModelQueuePolicy as _inference_ModelQueuePolicy } from './inference/ModelQueuePolicy.js';
import type { ModelTransactionPolicyInput as _inference_ModelTransactionPolicyInput, ModelTransactionPolicy as _inference_ModelTransactionPolicy } from './inference/ModelTransactionPolicy.js';
import type { ModelVersionPolicyInput as _inference_ModelVersionPolicyInput, ModelVersionPolicy as _inference_ModelVersionPolicy } from './inference/ModelVersionPolicy.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  inference: {
    DataType: EnumTypeDefinition
    ModelConfig: MessageTypeDefinition<_inference_ModelConfigInput, _inference_ModelConfig>
    ModelDynamicBatching: MessageTypeDefinition<_inference_ModelDynamicBatchingInput, _inference_ModelDynamicBatching>
    ModelInput: MessageTypeDefinition<_inference_ModelInputInput, _inference_ModelInput>
    ModelInstanceGroup: MessageTypeDefinition<_inference_ModelInstanceGroupInput, _inference_ModelInstanceGroup>
    ModelOutput: MessageTypeDefinition<_inference_ModelOutputInput, _inference_ModelOutput>
    ModelParameter: MessageTypeDefinition<_inference_ModelParameterInput, _inference_ModelParameter>
    ModelQueuePolicy: MessageTypeDefinition<_inference_ModelQueuePolicyInput, _inference_ModelQueuePolicy>
    ModelTransactionPolicy: MessageTypeDefinition<_inference_ModelTransactionPolicyInput, _inference_ModelTransactionPolicy>
    ModelVersionPolicy: MessageTypeDefinition<_inference_ModelVersionPolicyInput, _inference_ModelVersionPolicy>
  }
}

