// Original file: proto/inference/v2/grpc_service.proto

import type { InferParameterInput as _inference_InferParameterInput, InferParameter as _inference_InferParameter } from '../inference/InferParameter.js';
import type { InferTensorContentsInput as _inference_InferTensorContentsInput, InferTensorContents as _inference_InferTensorContents } from '../inference/InferTensorContents.js';
import type { Long } from '@grpc/proto-loader';

export interface _inference_ModelInferResponse_InferOutputTensorInput {
  'name'?: (string);
  'datatype'?: (string);
  'shape'?: (number | string | Long)[];
  'parameters'?: ({[key: string]: _inference_InferParameterInput});
  /**
   * Never set here: answers are raw.
   */
  'contents'?: (_inference_InferTensorContentsInput | null);
}

export interface _inference_ModelInferResponse_InferOutputTensor {
  'name': (string);
  'datatype': (string);
  'shape': (number)[];
  'parameters': ({[key: string]: _inference_InferParameter});
  /**
   * Never set here: answers are raw.
   */
  'contents': (_inference_InferTensorContents | null);
}

export interface ModelInferResponseInput {
  'modelName'?: (string);
  /**
   * Version that answered.
   */
  'modelVersion'?: (string);
  /**
   * Of the request.
   */
  'id'?: (string);
  /**
   * `model_hash`: SHA-256 of the version's weights. `prediction_ids`: identities of the predictions in traces and
   * records, in the order of the images, comma-separated.
   */
  'parameters'?: ({[key: string]: _inference_InferParameterInput});
  'outputs'?: (_inference_ModelInferResponse_InferOutputTensorInput)[];
  /**
   * Bytes of the outputs in their order, laid out as raw_input_contents.
   */
  'rawOutputContents'?: (Buffer | Uint8Array | string)[];
}

export interface ModelInferResponse {
  'modelName': (string);
  /**
   * Version that answered.
   */
  'modelVersion': (string);
  /**
   * Of the request.
   */
  'id': (string);
  /**
   * `model_hash`: SHA-256 of the version's weights. `prediction_ids`: identities of the predictions in traces and
   * records, in the order of the images, comma-separated.
   */
  'parameters': ({[key: string]: _inference_InferParameter});
  'outputs': (_inference_ModelInferResponse_InferOutputTensor)[];
  /**
   * Bytes of the outputs in their order, laid out as raw_input_contents.
   */
  'rawOutputContents': (Buffer)[];
}
