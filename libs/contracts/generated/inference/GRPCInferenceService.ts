// Original file: proto/inference/v2/grpc_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ModelConfigRequestInput as _inference_ModelConfigRequestInput, ModelConfigRequest as _inference_ModelConfigRequest } from '../inference/ModelConfigRequest.js';
import type { ModelConfigResponseInput as _inference_ModelConfigResponseInput, ModelConfigResponse as _inference_ModelConfigResponse } from '../inference/ModelConfigResponse.js';
import type { ModelInferRequestInput as _inference_ModelInferRequestInput, ModelInferRequest as _inference_ModelInferRequest } from '../inference/ModelInferRequest.js';
import type { ModelInferResponseInput as _inference_ModelInferResponseInput, ModelInferResponse as _inference_ModelInferResponse } from '../inference/ModelInferResponse.js';
import type { ModelMetadataRequestInput as _inference_ModelMetadataRequestInput, ModelMetadataRequest as _inference_ModelMetadataRequest } from '../inference/ModelMetadataRequest.js';
import type { ModelMetadataResponseInput as _inference_ModelMetadataResponseInput, ModelMetadataResponse as _inference_ModelMetadataResponse } from '../inference/ModelMetadataResponse.js';
import type { ModelReadyRequestInput as _inference_ModelReadyRequestInput, ModelReadyRequest as _inference_ModelReadyRequest } from '../inference/ModelReadyRequest.js';
import type { ModelReadyResponseInput as _inference_ModelReadyResponseInput, ModelReadyResponse as _inference_ModelReadyResponse } from '../inference/ModelReadyResponse.js';
import type { ModelStatisticsRequestInput as _inference_ModelStatisticsRequestInput, ModelStatisticsRequest as _inference_ModelStatisticsRequest } from '../inference/ModelStatisticsRequest.js';
import type { ModelStatisticsResponseInput as _inference_ModelStatisticsResponseInput, ModelStatisticsResponse as _inference_ModelStatisticsResponse } from '../inference/ModelStatisticsResponse.js';
import type { ModelStreamInferResponseInput as _inference_ModelStreamInferResponseInput, ModelStreamInferResponse as _inference_ModelStreamInferResponse } from '../inference/ModelStreamInferResponse.js';
import type { RepositoryIndexRequestInput as _inference_RepositoryIndexRequestInput, RepositoryIndexRequest as _inference_RepositoryIndexRequest } from '../inference/RepositoryIndexRequest.js';
import type { RepositoryIndexResponseInput as _inference_RepositoryIndexResponseInput, RepositoryIndexResponse as _inference_RepositoryIndexResponse } from '../inference/RepositoryIndexResponse.js';
import type { RepositoryModelLoadRequestInput as _inference_RepositoryModelLoadRequestInput, RepositoryModelLoadRequest as _inference_RepositoryModelLoadRequest } from '../inference/RepositoryModelLoadRequest.js';
import type { RepositoryModelLoadResponseInput as _inference_RepositoryModelLoadResponseInput, RepositoryModelLoadResponse as _inference_RepositoryModelLoadResponse } from '../inference/RepositoryModelLoadResponse.js';
import type { RepositoryModelUnloadRequestInput as _inference_RepositoryModelUnloadRequestInput, RepositoryModelUnloadRequest as _inference_RepositoryModelUnloadRequest } from '../inference/RepositoryModelUnloadRequest.js';
import type { RepositoryModelUnloadResponseInput as _inference_RepositoryModelUnloadResponseInput, RepositoryModelUnloadResponse as _inference_RepositoryModelUnloadResponse } from '../inference/RepositoryModelUnloadResponse.js';
import type { ServerLiveRequestInput as _inference_ServerLiveRequestInput, ServerLiveRequest as _inference_ServerLiveRequest } from '../inference/ServerLiveRequest.js';
import type { ServerLiveResponseInput as _inference_ServerLiveResponseInput, ServerLiveResponse as _inference_ServerLiveResponse } from '../inference/ServerLiveResponse.js';
import type { ServerMetadataRequestInput as _inference_ServerMetadataRequestInput, ServerMetadataRequest as _inference_ServerMetadataRequest } from '../inference/ServerMetadataRequest.js';
import type { ServerMetadataResponseInput as _inference_ServerMetadataResponseInput, ServerMetadataResponse as _inference_ServerMetadataResponse } from '../inference/ServerMetadataResponse.js';
import type { ServerReadyRequestInput as _inference_ServerReadyRequestInput, ServerReadyRequest as _inference_ServerReadyRequest } from '../inference/ServerReadyRequest.js';
import type { ServerReadyResponseInput as _inference_ServerReadyResponseInput, ServerReadyResponse as _inference_ServerReadyResponse } from '../inference/ServerReadyResponse.js';

/**
 * Answers clients of the Open Inference Protocol from the same model, queue and batches as sulcus.v1.Predictor.
 */
export interface GRPCInferenceServiceClient extends grpc.Client {
  /**
   * Batching and tensors of the version in service.
   */
  ModelConfig(argument: _inference_ModelConfigRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ModelConfigResponse>): grpc.ClientUnaryCall;
  ModelConfig(argument: _inference_ModelConfigRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_ModelConfigResponse>): grpc.ClientUnaryCall;
  ModelConfig(argument: _inference_ModelConfigRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ModelConfigResponse>): grpc.ClientUnaryCall;
  ModelConfig(argument: _inference_ModelConfigRequestInput, callback: grpc.requestCallback<_inference_ModelConfigResponse>): grpc.ClientUnaryCall;
  /**
   * Batching and tensors of the version in service.
   */
  modelConfig(argument: _inference_ModelConfigRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ModelConfigResponse>): grpc.ClientUnaryCall;
  modelConfig(argument: _inference_ModelConfigRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_ModelConfigResponse>): grpc.ClientUnaryCall;
  modelConfig(argument: _inference_ModelConfigRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ModelConfigResponse>): grpc.ClientUnaryCall;
  modelConfig(argument: _inference_ModelConfigRequestInput, callback: grpc.requestCallback<_inference_ModelConfigResponse>): grpc.ClientUnaryCall;
  
  /**
   * Predicts up to `max_batch_size` images, all of them with one version. INVALID_ARGUMENT says what is wrong with a
   * request.
   */
  ModelInfer(argument: _inference_ModelInferRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ModelInferResponse>): grpc.ClientUnaryCall;
  ModelInfer(argument: _inference_ModelInferRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_ModelInferResponse>): grpc.ClientUnaryCall;
  ModelInfer(argument: _inference_ModelInferRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ModelInferResponse>): grpc.ClientUnaryCall;
  ModelInfer(argument: _inference_ModelInferRequestInput, callback: grpc.requestCallback<_inference_ModelInferResponse>): grpc.ClientUnaryCall;
  /**
   * Predicts up to `max_batch_size` images, all of them with one version. INVALID_ARGUMENT says what is wrong with a
   * request.
   */
  modelInfer(argument: _inference_ModelInferRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ModelInferResponse>): grpc.ClientUnaryCall;
  modelInfer(argument: _inference_ModelInferRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_ModelInferResponse>): grpc.ClientUnaryCall;
  modelInfer(argument: _inference_ModelInferRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ModelInferResponse>): grpc.ClientUnaryCall;
  modelInfer(argument: _inference_ModelInferRequestInput, callback: grpc.requestCallback<_inference_ModelInferResponse>): grpc.ClientUnaryCall;
  
  /**
   * Inputs and outputs of the version in service. NOT_FOUND for another model or version, UNAVAILABLE before the first.
   */
  ModelMetadata(argument: _inference_ModelMetadataRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ModelMetadataResponse>): grpc.ClientUnaryCall;
  ModelMetadata(argument: _inference_ModelMetadataRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_ModelMetadataResponse>): grpc.ClientUnaryCall;
  ModelMetadata(argument: _inference_ModelMetadataRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ModelMetadataResponse>): grpc.ClientUnaryCall;
  ModelMetadata(argument: _inference_ModelMetadataRequestInput, callback: grpc.requestCallback<_inference_ModelMetadataResponse>): grpc.ClientUnaryCall;
  /**
   * Inputs and outputs of the version in service. NOT_FOUND for another model or version, UNAVAILABLE before the first.
   */
  modelMetadata(argument: _inference_ModelMetadataRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ModelMetadataResponse>): grpc.ClientUnaryCall;
  modelMetadata(argument: _inference_ModelMetadataRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_ModelMetadataResponse>): grpc.ClientUnaryCall;
  modelMetadata(argument: _inference_ModelMetadataRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ModelMetadataResponse>): grpc.ClientUnaryCall;
  modelMetadata(argument: _inference_ModelMetadataRequestInput, callback: grpc.requestCallback<_inference_ModelMetadataResponse>): grpc.ClientUnaryCall;
  
  /**
   * True while the named model, and version if given, answers. A name that nobody knows is not ready.
   */
  ModelReady(argument: _inference_ModelReadyRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ModelReadyResponse>): grpc.ClientUnaryCall;
  ModelReady(argument: _inference_ModelReadyRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_ModelReadyResponse>): grpc.ClientUnaryCall;
  ModelReady(argument: _inference_ModelReadyRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ModelReadyResponse>): grpc.ClientUnaryCall;
  ModelReady(argument: _inference_ModelReadyRequestInput, callback: grpc.requestCallback<_inference_ModelReadyResponse>): grpc.ClientUnaryCall;
  /**
   * True while the named model, and version if given, answers. A name that nobody knows is not ready.
   */
  modelReady(argument: _inference_ModelReadyRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ModelReadyResponse>): grpc.ClientUnaryCall;
  modelReady(argument: _inference_ModelReadyRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_ModelReadyResponse>): grpc.ClientUnaryCall;
  modelReady(argument: _inference_ModelReadyRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ModelReadyResponse>): grpc.ClientUnaryCall;
  modelReady(argument: _inference_ModelReadyRequestInput, callback: grpc.requestCallback<_inference_ModelReadyResponse>): grpc.ClientUnaryCall;
  
  /**
   * Counts and times since the start, of every version that has answered lately.
   */
  ModelStatistics(argument: _inference_ModelStatisticsRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ModelStatisticsResponse>): grpc.ClientUnaryCall;
  ModelStatistics(argument: _inference_ModelStatisticsRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_ModelStatisticsResponse>): grpc.ClientUnaryCall;
  ModelStatistics(argument: _inference_ModelStatisticsRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ModelStatisticsResponse>): grpc.ClientUnaryCall;
  ModelStatistics(argument: _inference_ModelStatisticsRequestInput, callback: grpc.requestCallback<_inference_ModelStatisticsResponse>): grpc.ClientUnaryCall;
  /**
   * Counts and times since the start, of every version that has answered lately.
   */
  modelStatistics(argument: _inference_ModelStatisticsRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ModelStatisticsResponse>): grpc.ClientUnaryCall;
  modelStatistics(argument: _inference_ModelStatisticsRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_ModelStatisticsResponse>): grpc.ClientUnaryCall;
  modelStatistics(argument: _inference_ModelStatisticsRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ModelStatisticsResponse>): grpc.ClientUnaryCall;
  modelStatistics(argument: _inference_ModelStatisticsRequestInput, callback: grpc.requestCallback<_inference_ModelStatisticsResponse>): grpc.ClientUnaryCall;
  
  /**
   * Predicts a stream of requests; one answer each, in their order. A request that fails does not end the stream.
   */
  ModelStreamInfer(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_inference_ModelInferRequestInput, _inference_ModelStreamInferResponse>;
  ModelStreamInfer(options?: grpc.CallOptions): grpc.ClientDuplexStream<_inference_ModelInferRequestInput, _inference_ModelStreamInferResponse>;
  /**
   * Predicts a stream of requests; one answer each, in their order. A request that fails does not end the stream.
   */
  modelStreamInfer(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_inference_ModelInferRequestInput, _inference_ModelStreamInferResponse>;
  modelStreamInfer(options?: grpc.CallOptions): grpc.ClientDuplexStream<_inference_ModelInferRequestInput, _inference_ModelStreamInferResponse>;
  
  /**
   * Versions in the registry, and which of them is in service.
   */
  RepositoryIndex(argument: _inference_RepositoryIndexRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_RepositoryIndexResponse>): grpc.ClientUnaryCall;
  RepositoryIndex(argument: _inference_RepositoryIndexRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_RepositoryIndexResponse>): grpc.ClientUnaryCall;
  RepositoryIndex(argument: _inference_RepositoryIndexRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_RepositoryIndexResponse>): grpc.ClientUnaryCall;
  RepositoryIndex(argument: _inference_RepositoryIndexRequestInput, callback: grpc.requestCallback<_inference_RepositoryIndexResponse>): grpc.ClientUnaryCall;
  /**
   * Versions in the registry, and which of them is in service.
   */
  repositoryIndex(argument: _inference_RepositoryIndexRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_RepositoryIndexResponse>): grpc.ClientUnaryCall;
  repositoryIndex(argument: _inference_RepositoryIndexRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_RepositoryIndexResponse>): grpc.ClientUnaryCall;
  repositoryIndex(argument: _inference_RepositoryIndexRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_RepositoryIndexResponse>): grpc.ClientUnaryCall;
  repositoryIndex(argument: _inference_RepositoryIndexRequestInput, callback: grpc.requestCallback<_inference_RepositoryIndexResponse>): grpc.ClientUnaryCall;
  
  /**
   * The registry decides what is in service: confirms that the model is, and changes nothing.
   */
  RepositoryModelLoad(argument: _inference_RepositoryModelLoadRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_RepositoryModelLoadResponse>): grpc.ClientUnaryCall;
  RepositoryModelLoad(argument: _inference_RepositoryModelLoadRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_RepositoryModelLoadResponse>): grpc.ClientUnaryCall;
  RepositoryModelLoad(argument: _inference_RepositoryModelLoadRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_RepositoryModelLoadResponse>): grpc.ClientUnaryCall;
  RepositoryModelLoad(argument: _inference_RepositoryModelLoadRequestInput, callback: grpc.requestCallback<_inference_RepositoryModelLoadResponse>): grpc.ClientUnaryCall;
  /**
   * The registry decides what is in service: confirms that the model is, and changes nothing.
   */
  repositoryModelLoad(argument: _inference_RepositoryModelLoadRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_RepositoryModelLoadResponse>): grpc.ClientUnaryCall;
  repositoryModelLoad(argument: _inference_RepositoryModelLoadRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_RepositoryModelLoadResponse>): grpc.ClientUnaryCall;
  repositoryModelLoad(argument: _inference_RepositoryModelLoadRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_RepositoryModelLoadResponse>): grpc.ClientUnaryCall;
  repositoryModelLoad(argument: _inference_RepositoryModelLoadRequestInput, callback: grpc.requestCallback<_inference_RepositoryModelLoadResponse>): grpc.ClientUnaryCall;
  
  /**
   * UNIMPLEMENTED: a version goes out of service by promoting another.
   */
  RepositoryModelUnload(argument: _inference_RepositoryModelUnloadRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_RepositoryModelUnloadResponse>): grpc.ClientUnaryCall;
  RepositoryModelUnload(argument: _inference_RepositoryModelUnloadRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_RepositoryModelUnloadResponse>): grpc.ClientUnaryCall;
  RepositoryModelUnload(argument: _inference_RepositoryModelUnloadRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_RepositoryModelUnloadResponse>): grpc.ClientUnaryCall;
  RepositoryModelUnload(argument: _inference_RepositoryModelUnloadRequestInput, callback: grpc.requestCallback<_inference_RepositoryModelUnloadResponse>): grpc.ClientUnaryCall;
  /**
   * UNIMPLEMENTED: a version goes out of service by promoting another.
   */
  repositoryModelUnload(argument: _inference_RepositoryModelUnloadRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_RepositoryModelUnloadResponse>): grpc.ClientUnaryCall;
  repositoryModelUnload(argument: _inference_RepositoryModelUnloadRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_RepositoryModelUnloadResponse>): grpc.ClientUnaryCall;
  repositoryModelUnload(argument: _inference_RepositoryModelUnloadRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_RepositoryModelUnloadResponse>): grpc.ClientUnaryCall;
  repositoryModelUnload(argument: _inference_RepositoryModelUnloadRequestInput, callback: grpc.requestCallback<_inference_RepositoryModelUnloadResponse>): grpc.ClientUnaryCall;
  
  /**
   * True while the process answers.
   */
  ServerLive(argument: _inference_ServerLiveRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ServerLiveResponse>): grpc.ClientUnaryCall;
  ServerLive(argument: _inference_ServerLiveRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_ServerLiveResponse>): grpc.ClientUnaryCall;
  ServerLive(argument: _inference_ServerLiveRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ServerLiveResponse>): grpc.ClientUnaryCall;
  ServerLive(argument: _inference_ServerLiveRequestInput, callback: grpc.requestCallback<_inference_ServerLiveResponse>): grpc.ClientUnaryCall;
  /**
   * True while the process answers.
   */
  serverLive(argument: _inference_ServerLiveRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ServerLiveResponse>): grpc.ClientUnaryCall;
  serverLive(argument: _inference_ServerLiveRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_ServerLiveResponse>): grpc.ClientUnaryCall;
  serverLive(argument: _inference_ServerLiveRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ServerLiveResponse>): grpc.ClientUnaryCall;
  serverLive(argument: _inference_ServerLiveRequestInput, callback: grpc.requestCallback<_inference_ServerLiveResponse>): grpc.ClientUnaryCall;
  
  ServerMetadata(argument: _inference_ServerMetadataRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ServerMetadataResponse>): grpc.ClientUnaryCall;
  ServerMetadata(argument: _inference_ServerMetadataRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_ServerMetadataResponse>): grpc.ClientUnaryCall;
  ServerMetadata(argument: _inference_ServerMetadataRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ServerMetadataResponse>): grpc.ClientUnaryCall;
  ServerMetadata(argument: _inference_ServerMetadataRequestInput, callback: grpc.requestCallback<_inference_ServerMetadataResponse>): grpc.ClientUnaryCall;
  serverMetadata(argument: _inference_ServerMetadataRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ServerMetadataResponse>): grpc.ClientUnaryCall;
  serverMetadata(argument: _inference_ServerMetadataRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_ServerMetadataResponse>): grpc.ClientUnaryCall;
  serverMetadata(argument: _inference_ServerMetadataRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ServerMetadataResponse>): grpc.ClientUnaryCall;
  serverMetadata(argument: _inference_ServerMetadataRequestInput, callback: grpc.requestCallback<_inference_ServerMetadataResponse>): grpc.ClientUnaryCall;
  
  /**
   * True while a checked model version answers.
   */
  ServerReady(argument: _inference_ServerReadyRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ServerReadyResponse>): grpc.ClientUnaryCall;
  ServerReady(argument: _inference_ServerReadyRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_ServerReadyResponse>): grpc.ClientUnaryCall;
  ServerReady(argument: _inference_ServerReadyRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ServerReadyResponse>): grpc.ClientUnaryCall;
  ServerReady(argument: _inference_ServerReadyRequestInput, callback: grpc.requestCallback<_inference_ServerReadyResponse>): grpc.ClientUnaryCall;
  /**
   * True while a checked model version answers.
   */
  serverReady(argument: _inference_ServerReadyRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ServerReadyResponse>): grpc.ClientUnaryCall;
  serverReady(argument: _inference_ServerReadyRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_inference_ServerReadyResponse>): grpc.ClientUnaryCall;
  serverReady(argument: _inference_ServerReadyRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_inference_ServerReadyResponse>): grpc.ClientUnaryCall;
  serverReady(argument: _inference_ServerReadyRequestInput, callback: grpc.requestCallback<_inference_ServerReadyResponse>): grpc.ClientUnaryCall;
  
}

/**
 * Answers clients of the Open Inference Protocol from the same model, queue and batches as sulcus.v1.Predictor.
 */
export interface GRPCInferenceServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Batching and tensors of the version in service.
   */
  ModelConfig: grpc.handleUnaryCall<_inference_ModelConfigRequest, _inference_ModelConfigResponseInput>;
  
  /**
   * Predicts up to `max_batch_size` images, all of them with one version. INVALID_ARGUMENT says what is wrong with a
   * request.
   */
  ModelInfer: grpc.handleUnaryCall<_inference_ModelInferRequest, _inference_ModelInferResponseInput>;
  
  /**
   * Inputs and outputs of the version in service. NOT_FOUND for another model or version, UNAVAILABLE before the first.
   */
  ModelMetadata: grpc.handleUnaryCall<_inference_ModelMetadataRequest, _inference_ModelMetadataResponseInput>;
  
  /**
   * True while the named model, and version if given, answers. A name that nobody knows is not ready.
   */
  ModelReady: grpc.handleUnaryCall<_inference_ModelReadyRequest, _inference_ModelReadyResponseInput>;
  
  /**
   * Counts and times since the start, of every version that has answered lately.
   */
  ModelStatistics: grpc.handleUnaryCall<_inference_ModelStatisticsRequest, _inference_ModelStatisticsResponseInput>;
  
  /**
   * Predicts a stream of requests; one answer each, in their order. A request that fails does not end the stream.
   */
  ModelStreamInfer: grpc.handleBidiStreamingCall<_inference_ModelInferRequest, _inference_ModelStreamInferResponseInput>;
  
  /**
   * Versions in the registry, and which of them is in service.
   */
  RepositoryIndex: grpc.handleUnaryCall<_inference_RepositoryIndexRequest, _inference_RepositoryIndexResponseInput>;
  
  /**
   * The registry decides what is in service: confirms that the model is, and changes nothing.
   */
  RepositoryModelLoad: grpc.handleUnaryCall<_inference_RepositoryModelLoadRequest, _inference_RepositoryModelLoadResponseInput>;
  
  /**
   * UNIMPLEMENTED: a version goes out of service by promoting another.
   */
  RepositoryModelUnload: grpc.handleUnaryCall<_inference_RepositoryModelUnloadRequest, _inference_RepositoryModelUnloadResponseInput>;
  
  /**
   * True while the process answers.
   */
  ServerLive: grpc.handleUnaryCall<_inference_ServerLiveRequest, _inference_ServerLiveResponseInput>;
  
  ServerMetadata: grpc.handleUnaryCall<_inference_ServerMetadataRequest, _inference_ServerMetadataResponseInput>;
  
  /**
   * True while a checked model version answers.
   */
  ServerReady: grpc.handleUnaryCall<_inference_ServerReadyRequest, _inference_ServerReadyResponseInput>;
  
}

export interface GRPCInferenceServiceDefinition extends grpc.ServiceDefinition {
  ModelConfig: MethodDefinition<_inference_ModelConfigRequestInput, _inference_ModelConfigResponseInput, _inference_ModelConfigRequest, _inference_ModelConfigResponse>
  ModelInfer: MethodDefinition<_inference_ModelInferRequestInput, _inference_ModelInferResponseInput, _inference_ModelInferRequest, _inference_ModelInferResponse>
  ModelMetadata: MethodDefinition<_inference_ModelMetadataRequestInput, _inference_ModelMetadataResponseInput, _inference_ModelMetadataRequest, _inference_ModelMetadataResponse>
  ModelReady: MethodDefinition<_inference_ModelReadyRequestInput, _inference_ModelReadyResponseInput, _inference_ModelReadyRequest, _inference_ModelReadyResponse>
  ModelStatistics: MethodDefinition<_inference_ModelStatisticsRequestInput, _inference_ModelStatisticsResponseInput, _inference_ModelStatisticsRequest, _inference_ModelStatisticsResponse>
  ModelStreamInfer: MethodDefinition<_inference_ModelInferRequestInput, _inference_ModelStreamInferResponseInput, _inference_ModelInferRequest, _inference_ModelStreamInferResponse>
  RepositoryIndex: MethodDefinition<_inference_RepositoryIndexRequestInput, _inference_RepositoryIndexResponseInput, _inference_RepositoryIndexRequest, _inference_RepositoryIndexResponse>
  RepositoryModelLoad: MethodDefinition<_inference_RepositoryModelLoadRequestInput, _inference_RepositoryModelLoadResponseInput, _inference_RepositoryModelLoadRequest, _inference_RepositoryModelLoadResponse>
  RepositoryModelUnload: MethodDefinition<_inference_RepositoryModelUnloadRequestInput, _inference_RepositoryModelUnloadResponseInput, _inference_RepositoryModelUnloadRequest, _inference_RepositoryModelUnloadResponse>
  ServerLive: MethodDefinition<_inference_ServerLiveRequestInput, _inference_ServerLiveResponseInput, _inference_ServerLiveRequest, _inference_ServerLiveResponse>
  ServerMetadata: MethodDefinition<_inference_ServerMetadataRequestInput, _inference_ServerMetadataResponseInput, _inference_ServerMetadataRequest, _inference_ServerMetadataResponse>
  ServerReady: MethodDefinition<_inference_ServerReadyRequestInput, _inference_ServerReadyResponseInput, _inference_ServerReadyRequest, _inference_ServerReadyResponse>
}
