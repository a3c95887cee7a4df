import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { GRPCInferenceServiceClient as _inference_GRPCInferenceServiceClient, GRPCInferenceServiceDefinition as _inference_GRPCInferenceServiceDefinition } from './inference/GRPCInferenceService.js';
import type { InferBatchStatisticsInput as _inference_InferBatchStatisticsInput, InferBatchStatistics as _inference_InferBatchStatistics } from './inference/InferBatchStatistics.js';
import type { InferParameterInput as _inference_InferParameterInput, InferParameter as _inference_InferParameter } from './inference/InferParameter.js';
import type { InferStatisticsInput as _inference_InferStatisticsInput, InferStatistics as _inference_InferStatistics } from './inference/InferStatistics.js';
import type { InferTensorContentsInput as _inference_InferTensorContentsInput, InferTensorContents as _inference_InferTensorContents } from './inference/InferTensorContents.js';
import type { ModelConfigInput as _inference_ModelConfigInput, ModelConfig as _inference_ModelConfig } from './inference/ModelConfig.js';
import type { ModelConfigRequestInput as _inference_ModelConfigRequestInput, ModelConfigRequest as _inference_ModelConfigRequest } from './inference/ModelConfigRequest.js';
import type { ModelConfigResponseInput as _inference_ModelConfigResponseInput, ModelConfigResponse as _inference_ModelConfigResponse } from './inference/ModelConfigResponse.js';
import type { ModelDynamicBatchingInput as _inference_ModelDynamicBatchingInput, ModelDynamicBatching as _inference_ModelDynamicBatching } from './inference/ModelDynamicBatching.js';
import type { ModelInferRequestInput as _inference_ModelInferRequestInput, ModelInferRequest as _inference_ModelInferRequest } from './inference/ModelInferRequest.js';
import type { ModelInferResponseInput as _inference_ModelInferResponseInput, ModelInferResponse as _inference_ModelInferResponse } from './inference/ModelInferResponse.js';
import type { ModelInputInput as _inference_ModelInputInput, ModelInput as _inference_ModelInput } from './inference/ModelInput.js';
import type { ModelInstanceGroupInput as _inference_ModelInstanceGroupInput, ModelInstanceGroup as _inference_ModelInstanceGroup } from './inference/ModelInstanceGroup.js';
import type { ModelMetadataRequestInput as _inference_ModelMetadataRequestInput, ModelMetadataRequest as _inference_ModelMetadataRequest } from './inference/ModelMetadataRequest.js';
import type { ModelMetadataResponseInput as _inference_ModelMetadataResponseInput, ModelMetadataResponse as _inference_ModelMetadataResponse } from './inference/ModelMetadataResponse.js';
import type { ModelOutputInput as _inference_ModelOutputInput, ModelOutput as _inference_ModelOutput } from './inference/ModelOutput.js';
import type { ModelParameterInput as _inference_ModelParameterInput, ModelParameter as _inference_ModelParameter } from './inference/ModelParameter.js';
import type { ModelQueuePolicyInput as _inference_ModelQueuePolicyInput, ModelQueuePolicy as _inference_ModelQueuePolicy } from './inference/ModelQueuePolicy.js';
import type { ModelReadyRequestInput as _inference_ModelReadyRequestInput, ModelReadyRequest as _inference_ModelReadyRequest } from './inference/ModelReadyRequest.js';
import type { ModelReadyResponseInput as _inference_ModelReadyResponseInput, ModelReadyResponse as _inference_ModelReadyResponse } from './inference/ModelReadyResponse.js';
import type { ModelRepositoryParameterInput as _inference_ModelRepositoryParameterInput, ModelRepositoryParameter as _inference_ModelRepositoryParameter } from './inference/ModelRepositoryParameter.js';
import type { ModelStatisticsInput as _inference_ModelStatisticsInput, ModelStatistics as _inference_ModelStatistics } from './inference/ModelStatistics.js';
import type { ModelStatisticsRequestInput as _inference_ModelStatisticsRequestInput, ModelStatisticsRequest as _inference_ModelStatisticsRequest } from './inference/ModelStatisticsRequest.js';
import type { ModelStatisticsResponseInput as _inference_ModelStatisticsResponseInput, ModelStatisticsResponse as _inference_ModelStatisticsResponse } from './inference/ModelStatisticsResponse.js';
import type { ModelStreamInferResponseInput as _inference_ModelStreamInferResponseInput, ModelStreamInferResponse as _inference_ModelStreamInferResponse } from './inference/ModelStreamInferResponse.js';
import type { ModelTransactionPolicyInput as _inference_ModelTransactionPolicyInput, ModelTransactionPolicy as _inference_ModelTransactionPolicy } from './inference/ModelTransactionPolicy.js';
import type { ModelVersionPolicyInput as _inference_ModelVersionPolicyInput, ModelVersionPolicy as _inference_ModelVersionPolicy } from './inference/ModelVersionPolicy.js';
import type { RepositoryIndexRequestInput as _inference_RepositoryIndexRequestInput, RepositoryIndexRequest as _inference_RepositoryIndexRequest } from './inference/RepositoryIndexRequest.js';
import type { RepositoryIndexResponseInput as _inference_RepositoryIndexResponseInput, RepositoryIndexResponse as _inference_RepositoryIndexResponse } from './inference/RepositoryIndexResponse.js';
import type { RepositoryModelLoadRequestInput as _inference_RepositoryModelLoadRequestInput, RepositoryModelLoadRequest as _inference_RepositoryModelLoadRequest } from './inference/RepositoryModelLoadRequest.js';
import type { RepositoryModelLoadResponseInput as _inference_RepositoryModelLoadResponseInput, RepositoryModelLoadResponse as _inference_RepositoryModelLoadResponse } from './inference/RepositoryModelLoadResponse.js';
import type { RepositoryModelUnloadRequestInput as _inference_RepositoryModelUnloadRequestInput, RepositoryModelUnloadRequest as _inference_RepositoryModelUnloadRequest } from './inference/RepositoryModelUnloadRequest.js';
import type { RepositoryModelUnloadResponseInput as _inference_RepositoryModelUnloadResponseInput, RepositoryModelUnloadResponse as _inference_RepositoryModelUnloadResponse } from './inference/RepositoryModelUnloadResponse.js';
import type { ServerLiveRequestInput as _inference_ServerLiveRequestInput, ServerLiveRequest as _inference_ServerLiveRequest } from './inference/ServerLiveRequest.js';
import type { ServerLiveResponseInput as _inference_ServerLiveResponseInput, ServerLiveResponse as _inference_ServerLiveResponse } from './inference/ServerLiveResponse.js';
import type { ServerMetadataRequestInput as _inference_ServerMetadataRequestInput, ServerMetadataRequest as _inference_ServerMetadataRequest } from './inference/ServerMetadataRequest.js';
import type { ServerMetadataResponseInput as _inference_ServerMetadataResponseInput, ServerMetadataResponse as _inference_ServerMetadataResponse } from './inference/ServerMetadataResponse.js';
import type { ServerReadyRequestInput as _inference_ServerReadyRequestInput, ServerReadyRequest as _inference_ServerReadyRequest } from './inference/ServerReadyRequest.js';
import type { ServerReadyResponseInput as _inference_ServerReadyResponseInput, ServerReadyResponse as _inference_ServerReadyResponse } from './inference/ServerReadyResponse.js';
import type { StatisticDurationInput as _inference_StatisticDurationInput, StatisticDuration as _inference_StatisticDuration } from './inference/StatisticDuration.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  inference: {
    DataType: EnumTypeDefinition
    /**
     * Answers clients of the Open Inference Protocol from the same model, queue and batches as sulcus.v1.Predictor.
     */
    GRPCInferenceService: SubtypeConstructor<typeof grpc.Client, _inference_GRPCInferenceServiceClient> & { service: _inference_GRPCInferenceServiceDefinition }
    InferBatchStatistics: MessageTypeDefinition<_inference_InferBatchStatisticsInput, _inference_InferBatchStatistics>
    InferParameter: MessageTypeDefinition<_inference_InferParameterInput, _inference_InferParameter>
    InferStatistics: MessageTypeDefinition<_inference_InferStatisticsInput, _inference_InferStatistics>
    InferTensorContents: MessageTypeDefinition<_inference_InferTensorContentsInput, _inference_InferTensorContents>
    ModelConfig: MessageTypeDefinition<_inference_ModelConfigInput, _inference_ModelConfig>
    ModelConfigRequest: MessageTypeDefinition<_inference_ModelConfigRequestInput, _inference_ModelConfigRequest>
    ModelConfigResponse: MessageTypeDefinition<_inference_ModelConfigResponseInput, _inference_ModelConfigResponse>
    ModelDynamicBatching: MessageTypeDefinition<_inference_ModelDynamicBatchingInput, _inference_ModelDynamicBatching>
    ModelInferRequest: MessageTypeDefinition<_inference_ModelInferRequestInput, _inference_ModelInferRequest>
    ModelInferResponse: MessageTypeDefinition<_inference_ModelInferResponseInput, _inference_ModelInferResponse>
    ModelInput: MessageTypeDefinition<_inference_ModelInputInput, _inference_ModelInput>
    ModelInstanceGroup: MessageTypeDefinition<_inference_ModelInstanceGroupInput, _inference_ModelInstanceGroup>
    ModelMetadataRequest: MessageTypeDefinition<_inference_ModelMetadataRequestInput, _inference_ModelMetadataRequest>
    ModelMetadataResponse: MessageTypeDefinition<_inference_ModelMetadataResponseInput, _inference_ModelMetadataResponse>
    ModelOutput: MessageTypeDefinition<_inference_ModelOutputInput, _inference_ModelOutput>
    ModelParameter: MessageTypeDefinition<_inference_ModelParameterInput, _inference_ModelParameter>
    ModelQueuePolicy: MessageTypeDefinition<_inference_ModelQueuePolicyInput, _inference_ModelQueuePolicy>
    ModelReadyRequest: MessageTypeDefinition<_inference_ModelReadyRequestInput, _inference_ModelReadyRequest>
    ModelReadyResponse: MessageTypeDefinition<_inference_ModelReadyResponseInput, _inference_ModelReadyResponse>
    ModelRepositoryParameter: MessageTypeDefinition<_inference_ModelRepositoryParameterInput, _inference_ModelRepositoryParameter>
    ModelStatistics: MessageTypeDefinition<_inference_ModelStatisticsInput, _inference_ModelStatistics>
    ModelStatisticsRequest: MessageTypeDefinition<_inference_ModelStatisticsRequestInput, _inference_ModelStatisticsRequest>
    ModelStatisticsResponse: MessageTypeDefinition<_inference_ModelStatisticsResponseInput, _inference_ModelStatisticsResponse>
    ModelStreamInferResponse: MessageTypeDefinition<_inference_ModelStreamInferResponseInput, _inference_ModelStreamInferResponse>
    ModelTransactionPolicy: MessageTypeDefinition<_inference_ModelTransactionPolicyInput, _inference_ModelTransactionPolicy>
    ModelVersionPolicy: MessageTypeDefinition<_inference_ModelVersionPolicyInput, _inference_ModelVersionPolicy>
    RepositoryIndexRequest: MessageTypeDefinition<_inference_RepositoryIndexRequestInput, _inference_RepositoryIndexRequest>
    RepositoryIndexResponse: MessageTypeDefinition<_inference_RepositoryIndexResponseInput, _inference_RepositoryIndexResponse>
    RepositoryModelLoadRequest: MessageTypeDefinition<_inference_RepositoryModelLoadRequestInput, _inference_RepositoryModelLoadRequest>
    RepositoryModelLoadResponse: MessageTypeDefinition<_inference_RepositoryModelLoadResponseInput, _inference_RepositoryModelLoadResponse>
    RepositoryModelUnloadRequest: MessageTypeDefinition<_inference_RepositoryModelUnloadRequestInput, _inference_RepositoryModelUnloadRequest>
    RepositoryModelUnloadResponse: MessageTypeDefinition<_inference_RepositoryModelUnloadResponseInput, _inference_RepositoryModelUnloadResponse>
    ServerLiveRequest: MessageTypeDefinition<_inference_ServerLiveRequestInput, _inference_ServerLiveRequest>
    ServerLiveResponse: MessageTypeDefinition<_inference_ServerLiveResponseInput, _inference_ServerLiveResponse>
    ServerMetadataRequest: MessageTypeDefinition<_inference_ServerMetadataRequestInput, _inference_ServerMetadataRequest>
    ServerMetadataResponse: MessageTypeDefinition<_inference_ServerMetadataResponseInput, _inference_ServerMetadataResponse>
    ServerReadyRequest: MessageTypeDefinition<_inference_ServerReadyRequestInput, _inference_ServerReadyRequest>
    ServerReadyResponse: MessageTypeDefinition<_inference_ServerReadyResponseInput, _inference_ServerReadyResponse>
    StatisticDuration: MessageTypeDefinition<_inference_StatisticDurationInput, _inference_StatisticDuration>
  }
}

