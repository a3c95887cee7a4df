// Original file: proto/sulcus/v1/batch.proto

import type { SplitInput as _sulcus_v1_SplitInput, Split as _sulcus_v1_Split } from '../../sulcus/v1/Split.js';
import type { PayloadInput as _sulcus_v1_PayloadInput, Payload as _sulcus_v1_Payload } from '../../sulcus/v1/Payload.js';
import type { SampleRefInput as _sulcus_v1_SampleRefInput, SampleRef as _sulcus_v1_SampleRef } from '../../sulcus/v1/SampleRef.js';
import type { DroppedSampleInput as _sulcus_v1_DroppedSampleInput, DroppedSample as _sulcus_v1_DroppedSample } from '../../sulcus/v1/DroppedSample.js';

/**
 * The answer to a BatchRequest: pixels ready for the network.
 */
export interface TensorBatchInput {
  /**
   * As in the request.
   */
  'run'?: (string);
  /**
   * As in the request.
   */
  'requestId'?: (string);
  /**
   * As in the request.
   */
  'epoch'?: (number);
  /**
   * As in the request.
   */
  'sequence'?: (number);
  /**
   * As in the request.
   */
  'split'?: (_sulcus_v1_SplitInput);
  /**
   * Image height in pixels. Axes of `pixels`: [batch, height, width, channel]; batch equals the number of samples.
   */
  'height'?: (number);
  /**
   * Image width in pixels.
   */
  'width'?: (number);
  /**
   * Channels: 1 (grey) or 3 (RGB).
   */
  'channels'?: (number);
  /**
   * uint8, row-major, values 0-255. Normalising is the engine's first op.
   */
  'pixels'?: (_sulcus_v1_PayloadInput | null);
  /**
   * The samples whose pixels these are, one per row.
   */
  'samples'?: (_sulcus_v1_SampleRefInput)[];
  /**
   * Samples of the request that could not be prepared; each is in the dead-letter stream.
   */
  'dropped'?: (_sulcus_v1_DroppedSampleInput)[];
  /**
   * As in the request: the transform that made these pixels.
   */
  'transformHash'?: (string);
  /**
   * Time spent to prepare the batch, milliseconds.
   */
  'prepareMs'?: (number | string);
}

/**
 * The answer to a BatchRequest: pixels ready for the network.
 */
export interface TensorBatch {
  /**
   * As in the request.
   */
  'run': (string);
  /**
   * As in the request.
   */
  'requestId': (string);
  /**
   * As in the request.
   */
  'epoch': (number);
  /**
   * As in the request.
   */
  'sequence': (number);
  /**
   * As in the request.
   */
  'split': (_sulcus_v1_Split);
  /**
   * Image height in pixels. Axes of `pixels`: [batch, height, width, channel]; batch equals the number of samples.
   */
  'height': (number);
  /**
   * Image width in pixels.
   */
  'width': (number);
  /**
   * Channels: 1 (grey) or 3 (RGB).
   */
  'channels': (number);
  /**
   * uint8, row-major, values 0-255. Normalising is the engine's first op.
   */
  'pixels': (_sulcus_v1_Payload | null);
  /**
   * The samples whose pixels these are, one per row.
   */
  'samples': (_sulcus_v1_SampleRef)[];
  /**
   * Samples of the request that could not be prepared; each is in the dead-letter stream.
   */
  'dropped': (_sulcus_v1_DroppedSample)[];
  /**
   * As in the request: the transform that made these pixels.
   */
  'transformHash': (string);
  /**
   * Time spent to prepare the batch, milliseconds.
   */
  'prepareMs': (number);
}
