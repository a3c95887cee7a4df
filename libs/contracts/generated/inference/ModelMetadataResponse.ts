// Original file: proto/inference/v2/grpc_service.proto

import type { Long } from '@grpc/proto-loader';

export interface _inference_ModelMetadataResponse_TensorMetadataInput {
  'name'?: (string);
  'datatype'?: (string);
  /**
   * -1: any size.
   */
  'shape'?: (number | string | Long)[];
}

export interface _inference_ModelMetadataResponse_TensorMetadata {
  'name': (string);
  'datatype': (string);
  /**
   * -1: any size.
   */
  'shape': (number)[];
}

export interface ModelMetadataResponseInput {
  'name'?: (string);
  'versions'?: (string)[];
  'platform'?: (string);
  'inputs'?: (_inference_ModelMetadataResponse_TensorMetadataInput)[];
  'outputs'?: (_inference_ModelMetadataResponse_TensorMetadataInput)[];
}

export interface ModelMetadataResponse {
  'name': (string);
  'versions': (string)[];
  'platform': (string);
  'inputs': (_inference_ModelMetadataResponse_TensorMetadata)[];
  'outputs': (_inference_ModelMetadataResponse_TensorMetadata)[];
}
