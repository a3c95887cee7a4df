// Original file: proto/inference/v2/grpc_service.proto

import type { ModelInferResponseInput as _inference_ModelInferResponseInput, ModelInferResponse as _inference_ModelInferResponse } from '../inference/ModelInferResponse.js';

export interface ModelStreamInferResponseInput {
  /**
   * What is wrong with the request; empty when it was answered.
   */
  'errorMessage'?: (string);
  /**
   * With an error only the request's id is set.
   */
  'inferResponse'?: (_inference_ModelInferResponseInput | null);
}

export interface ModelStreamInferResponse {
  /**
   * What is wrong with the request; empty when it was answered.
   */
  'errorMessage': (string);
  /**
   * With an error only the request's id is set.
   */
  'inferResponse': (_inference_ModelInferResponse | null);
}
