// Original file: proto/inference/v2/model_config.proto

import type { DataTypeInput as _inference_DataTypeInput, DataType as _inference_DataType } from '../inference/DataType.js';
import type { Long } from '@grpc/proto-loader';

// Original file: proto/inference/v2/model_config.proto

/**
 * Order of an image's dimensions.
 */
export const _inference_ModelInput_Format = {
  FORMAT_NONE: 'FORMAT_NONE',
  FORMAT_NHWC: 'FORMAT_NHWC',
  FORMAT_NCHW: 'FORMAT_NCHW',
} as const;

/**
 * Order of an image's dimensions.
 */
export type _inference_ModelInput_FormatInput =
  | 'FORMAT_NONE'
  | 0
  | 'FORMAT_NHWC'
  | 1
  | 'FORMAT_NCHW'
  | 2

/**
 * Order of an image's dimensions.
 */
export type _inference_ModelInput_Format = typeof _inference_ModelInput_Format[keyof typeof _inference_ModelInput_Format]

export interface ModelInputInput {
  'name'?: (string);
  'dataType'?: (_inference_DataTypeInput);
  'format'?: (_inference_ModelInput_FormatInput);
  /**
   * Without the dimension of the batch.
   */
  'dims'?: (number | string | Long)[];
  /**
   * Whether a request may leave the input out.
   */
  'optional'?: (boolean);
}

export interface ModelInput {
  'name': (string);
  'dataType': (_inference_DataType);
  'format': (_inference_ModelInput_Format);
  /**
   * Without the dimension of the batch.
   */
  'dims': (number)[];
  /**
   * Whether a request may leave the input out.
   */
  'optional': (boolean);
}
