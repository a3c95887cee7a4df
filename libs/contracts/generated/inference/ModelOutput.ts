// Original file: proto/inference/v2/model_config.proto

import type { DataTypeInput as _inference_DataTypeInput, DataType as _inference_DataType } from '../inference/DataType.js';
import type { Long } from '@grpc/proto-loader';

export interface ModelOutputInput {
  'name'?: (string);
  'dataType'?: (_inference_DataTypeInput);
  /**
   * Without the dimension of the batch.
   */
  'dims'?: (number | string | Long)[];
}

export interface ModelOutput {
  'name': (string);
  'dataType': (_inference_DataType);
  /**
   * Without the dimension of the batch.
   */
  'dims': (number)[];
}
