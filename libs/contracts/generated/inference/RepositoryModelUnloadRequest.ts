// Original file: proto/inference/v2/grpc_service.proto

import type { ModelRepositoryParameterInput as _inference_ModelRepositoryParameterInput, ModelRepositoryParameter as _inference_ModelRepositoryParameter } from '../inference/ModelRepositoryParameter.js';

export interface RepositoryModelUnloadRequestInput {
  'repositoryName'?: (string);
  'modelName'?: (string);
  'parameters'?: ({[key: string]: _inference_ModelRepositoryParameterInput});
}

export interface RepositoryModelUnloadRequest {
  'repositoryName': (string);
  'modelName': (string);
  'parameters': ({[key: string]: _inference_ModelRepositoryParameter});
}
