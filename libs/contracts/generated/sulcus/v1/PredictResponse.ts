// Original file: proto/sulcus/v1/predictor.proto

import type { ClassProbabilityInput as _sulcus_v1_ClassProbabilityInput, ClassProbability as _sulcus_v1_ClassProbability } from '../../sulcus/v1/ClassProbability.js';

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
   * Time in the server, milliseconds: decode and transform; inference.
   */
  'prepareMs'?: (number | string);
  'inferenceMs'?: (number | string);
}

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
   * Time in the server, milliseconds: decode and transform; inference.
   */
  'prepareMs': (number);
  'inferenceMs': (number);
}
