// Original file: proto/inference/v2/grpc_service.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Value of a request's, tensor's or answer's parameter.
 */
export interface InferParameterInput {
  'boolParam'?: (boolean);
  'int64Param'?: (number | string | Long);
  'stringParam'?: (string);
  'doubleParam'?: (number | string);
  'uint64Param'?: (number | string | Long);
  'parameterChoice'?: "boolParam"|"int64Param"|"stringParam"|"doubleParam"|"uint64Param";
}

/**
 * Value of a request's, tensor's or answer's parameter.
 */
export interface InferParameter {
  'boolParam'?: (boolean);
  'int64Param'?: (number);
  'stringParam'?: (string);
  'doubleParam'?: (number);
  'uint64Param'?: (number);
  'parameterChoice'?: "boolParam"|"int64Param"|"stringParam"|"doubleParam"|"uint64Param";
}
