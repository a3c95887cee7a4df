// Original file: proto/sulcus/v1/predictor.proto

import type { ClassProbabilityInput as _sulcus_v1_ClassProbabilityInput, ClassProbability as _sulcus_v1_ClassProbability } from '../../sulcus/v1/ClassProbability.js';
import type { ExplanationInput as _sulcus_v1_ExplanationInput, Explanation as _sulcus_v1_Explanation } from '../../sulcus/v1/Explanation.js';

/**
 * The prediction of one image.
 */
export interface PredictResponseInput {
  /**
   * Name given in the request.
   */
  'name'?: (string);
  /**
   * One probability per class, in the order of the model's class list; they sum to 1.
   */
  'probabilities'?: (_sulcus_v1_ClassProbabilityInput)[];
  /**
   * Class with the highest probability.
   */
  'predictedClass'?: (string);
  /**
   * Model version that answered.
   */
  'modelVersion'?: (string);
  /**
   * SHA-256 of that version's weights, lower-case hexadecimal.
   */
  'modelHash'?: (string);
  /**
   * Identity of this prediction in traces and records.
   */
  'predictionId'?: (string);
  /**
   * Time to decode and transform the image, milliseconds.
   */
  'prepareMs'?: (number | string);
  /**
   * Time of the engine run that answered, for the whole batch, milliseconds.
   */
  'inferenceMs'?: (number | string);
  /**
   * The picture that was asked for; absent when none was.
   */
  'explanation'?: (_sulcus_v1_ExplanationInput | null);
  /**
   * Temperature that the probabilities are scaled with, fitted on the validation split; 1: as the network gives them.
   */
  'temperature'?: (number | string);
}

/**
 * The prediction of one image.
 */
export interface PredictResponse {
  /**
   * Name given in the request.
   */
  'name': (string);
  /**
   * One probability per class, in the order of the model's class list; they sum to 1.
   */
  'probabilities': (_sulcus_v1_ClassProbability)[];
  /**
   * Class with the highest probability.
   */
  'predictedClass': (string);
  /**
   * Model version that answered.
   */
  'modelVersion': (string);
  /**
   * SHA-256 of that version's weights, lower-case hexadecimal.
   */
  'modelHash': (string);
  /**
   * Identity of this prediction in traces and records.
   */
  'predictionId': (string);
  /**
   * Time to decode and transform the image, milliseconds.
   */
  'prepareMs': (number);
  /**
   * Time of the engine run that answered, for the whole batch, milliseconds.
   */
  'inferenceMs': (number);
  /**
   * The picture that was asked for; absent when none was.
   */
  'explanation': (_sulcus_v1_Explanation | null);
  /**
   * Temperature that the probabilities are scaled with, fitted on the validation split; 1: as the network gives them.
   */
  'temperature': (number);
}
