// Original file: proto/sulcus/v1/study.proto

import type { PredictErrorInput as _sulcus_v1_PredictErrorInput, PredictError as _sulcus_v1_PredictError } from '../../sulcus/v1/PredictError.js';
import type { Long } from '@grpc/proto-loader';

/**
 * What became of one slice.
 */
export interface SlicePredictionInput {
  /**
   * Caller's name, or where the scan came from.
   */
  'name'?: (string);
  /**
   * SHA-256 of the image file, lower-case hexadecimal; empty when it was not read.
   */
  'sampleId'?: (string);
  /**
   * Place of the scan in its stream; 0 for a slice that was sent.
   */
  'scanSequence'?: (number | string | Long);
  /**
   * Probabilities in the order of the study's, mean over the views; empty for a slice that could not be used.
   */
  'probabilities'?: (number | string)[];
  /**
   * Probability of any finding; 0 without a normal class.
   */
  'finding'?: (number | string);
  /**
   * Entropy as a fraction of the highest possible, 0-1.
   */
  'entropy'?: (number | string);
  /**
   * Identities of the predictions in traces and records: one for each view, the unchanged one first.
   */
  'predictionIds'?: (string)[];
  /**
   * Why the slice could not be used.
   */
  'error'?: (_sulcus_v1_PredictErrorInput | null);
  /**
   * Whether it is one of the slices that the aggregation looked at.
   */
  'used'?: (boolean);
}

/**
 * What became of one slice.
 */
export interface SlicePrediction {
  /**
   * Caller's name, or where the scan came from.
   */
  'name': (string);
  /**
   * SHA-256 of the image file, lower-case hexadecimal; empty when it was not read.
   */
  'sampleId': (string);
  /**
   * Place of the scan in its stream; 0 for a slice that was sent.
   */
  'scanSequence': (number);
  /**
   * Probabilities in the order of the study's, mean over the views; empty for a slice that could not be used.
   */
  'probabilities': (number)[];
  /**
   * Probability of any finding; 0 without a normal class.
   */
  'finding': (number);
  /**
   * Entropy as a fraction of the highest possible, 0-1.
   */
  'entropy': (number);
  /**
   * Identities of the predictions in traces and records: one for each view, the unchanged one first.
   */
  'predictionIds': (string)[];
  /**
   * Why the slice could not be used.
   */
  'error': (_sulcus_v1_PredictError | null);
  /**
   * Whether it is one of the slices that the aggregation looked at.
   */
  'used': (boolean);
}
