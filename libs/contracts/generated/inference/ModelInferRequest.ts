// Original file: proto/inference/v2/grpc_service.proto

import type { InferParameterInput as _inference_InferParameterInput, InferParameter as _inference_InferParameter } from '../inference/InferParameter.js';
import type { InferTensorContentsInput as _inference_InferTensorContentsInput, InferTensorContents as _inference_InferTensorContents } from '../inference/InferTensorContents.js';
import type { Long } from '@grpc/proto-loader';

export interface _inference_ModelInferRequest_InferInputTensorInput {
  'name'?: (string);
  /**
   * BYTES (encoded images), UINT8 or FP32 (pixels, 0-255).
   */
  'datatype'?: (string);
  'shape'?: (number | string | Long)[];
  'parameters'?: ({[key: string]: _inference_InferParameterInput});
  /**
   * Absent when the request has raw_input_contents.
   */
  'contents'?: (_inference_InferTensorContentsInput | null);
}

export interface _inference_ModelInferRequest_InferInputTensor {
  'name': (string);
  /**
   * BYTES (encoded images), UINT8 or FP32 (pixels, 0-255).
   */
  'datatype': (string);
  'shape': (number)[];
  'parameters': ({[key: string]: _inference_InferParameter});
  /**
   * Absent when the request has raw_input_contents.
   */
  'contents': (_inference_InferTensorContents | null);
}

export interface _inference_ModelInferRequest_InferRequestedOutputTensorInput {
  'name'?: (string);
  /**
   * `classification`, an integer: that many classes per image, most probable first, as "probability:index:name".
   */
  'parameters'?: ({[key: string]: _inference_InferParameterInput});
}

export interface _inference_ModelInferRequest_InferRequestedOutputTensor {
  'name': (string);
  /**
   * `classification`, an integer: that many classes per image, most probable first, as "probability:index:name".
   */
  'parameters': ({[key: string]: _inference_InferParameter});
}

export interface ModelInferRequestInput {
  'modelName'?: (string);
  /**
   * A version, its number, or an alias; empty: the one in service.
   */
  'modelVersion'?: (string);
  /**
   * Comes back in the answer.
   */
  'id'?: (string);
  /**
   * `timeout`, microseconds: the request is given up when it has no answer by then. `priority`: 1 goes first, 3 last;
   * 0 means 2.
   */
  'parameters'?: ({[key: string]: _inference_InferParameterInput});
  'inputs'?: (_inference_ModelInferRequest_InferInputTensorInput)[];
  /**
   * Empty: all outputs.
   */
  'outputs'?: (_inference_ModelInferRequest_InferRequestedOutputTensorInput)[];
  /**
   * Bytes of the inputs in their order: little-endian elements in row-major order; before each element of a BYTES
   * tensor its length in bytes, as four bytes.
   */
  'rawInputContents'?: (Buffer | Uint8Array | string)[];
}

export interface ModelInferRequest {
  'modelName': (string);
  /**
   * A version, its number, or an alias; empty: the one in service.
   */
  'modelVersion': (string);
  /**
   * Comes back in the answer.
   */
  'id': (string);
  /**
   * `timeout`, microseconds: the request is given up when it has no answer by then. `priority`: 1 goes first, 3 last;
   * 0 means 2.
   */
  'parameters': ({[key: string]: _inference_InferParameter});
  'inputs': (_inference_ModelInferRequest_InferInputTensor)[];
  /**
   * Empty: all outputs.
   */
  'outputs': (_inference_ModelInferRequest_InferRequestedOutputTensor)[];
  /**
   * Bytes of the inputs in their order: little-endian elements in row-major order; before each element of a BYTES
   * tensor its length in bytes, as four bytes.
   */
  'rawInputContents': (Buffer)[];
}
