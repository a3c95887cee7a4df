// Original file: proto/inference/v2/grpc_service.proto

import type { ModelRepositoryParameterInput as _inference_ModelRepositoryParameterInput, ModelRepositoryParameter as _inference_ModelRepositoryParameter } from '../inference/ModelRepositoryParameter.js';

export interface RepositoryModelLoadRequestInput {
  /**
   * Must be empty: there is one repository, the registry.
   */
  'repositoryName'?: (string);
  'modelName'?: (string);
  'parameters'?: ({[key: string]: _inference_ModelRepositoryParameterInput});
}

export interface RepositoryModelLoadRequest {
  /**
   * Must be empty: there is one repository, the registry.
   */
  'repositoryName': (string);
  'modelName': (string);
  'parameters': ({[key: string]: _inference_ModelRepositoryParameter});
}
