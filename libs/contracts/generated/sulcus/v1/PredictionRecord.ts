// Original file: proto/sulcus/v1/record.proto

import type { BlobRefInput as _sulcus_v1_BlobRefInput, BlobRef as _sulcus_v1_BlobRef } from '../../sulcus/v1/BlobRef.js';
import type { ComputationInput as _sulcus_v1_ComputationInput, Computation as _sulcus_v1_Computation } from '../../sulcus/v1/Computation.js';
import type { PredictionTimesInput as _sulcus_v1_PredictionTimesInput, PredictionTimes as _sulcus_v1_PredictionTimes } from '../../sulcus/v1/PredictionTimes.js';
import type { Long } from '@grpc/proto-loader';

/**
 * One answered prediction: what was asked, what answered, and what the answer was, so that it can be accounted for and
 * made again. Published once to the PREDICTIONS stream, append-only. Requests without an answer leave none.
 */
export interface PredictionRecordInput {
  /**
   * Identity of the prediction, as the answer names it.
   */
  'predictionId'?: (string);
  /**
   * SHA-256 of the input's bytes as they came, lower-case hexadecimal. Of an encoded image without metadata: the
   * identity of the sample; ingest leaves metadata out first, and names what is left.
   */
  'sampleId'?: (string);
  /**
   * How the input came: "encoded" (an image file), "uint8" or "float32" (pixels at the network's size).
   */
  'inputFormat'?: (string);
  /**
   * Length of the input in bytes.
   */
  'inputBytes'?: (number | string | Long);
  /**
   * Where the predictor keeps the input; absent when it keeps none. An image that ingest took in lies in SCANS as well.
   */
  'storedInput'?: (_sulcus_v1_BlobRefInput | null);
  /**
   * Model version that answered.
   */
  'modelVersion'?: (string);
  /**
   * SHA-256 of that version's weights, lower-case hexadecimal.
   */
  'modelHash'?: (string);
  /**
   * Hash of the preparation that the image went through: as the model card names it, or that of another view of the
   * image.
   */
  'transformHash'?: (string);
  /**
   * Class names, in the order of the model's outputs.
   */
  'classNames'?: (string)[];
  /**
   * One probability per class, 0-1: the very 32-bit floats of the answer.
   */
  'probabilities'?: (number | string)[];
  /**
   * Class with the highest probability.
   */
  'predictedClass'?: (string);
  /**
   * What computed the probabilities.
   */
  'computation'?: (_sulcus_v1_ComputationInput | null);
  /**
   * When what happened.
   */
  'times'?: (_sulcus_v1_PredictionTimesInput | null);
  /**
   * Protocol of the request: "sulcus.v1" or "inference" (Open Inference Protocol).
   */
  'protocol'?: (string);
  /**
   * The caller's own name for the request, or empty; at most 1024 characters are kept.
   */
  'requestName'?: (string);
  /**
   * Instance of the predictor that answered, unique per process.
   */
  'instance'?: (string);
  /**
   * W3C trace context of the prediction's span, or empty when it was not traced.
   */
  'traceparent'?: (string);
  /**
   * Study that the image was predicted as a part of, or empty.
   */
  'studyId'?: (string);
}

/**
 * One answered prediction: what was asked, what answered, and what the answer was, so that it can be accounted for and
 * made again. Published once to the PREDICTIONS stream, append-only. Requests without an answer leave none.
 */
export interface PredictionRecord {
  /**
   * Identity of the prediction, as the answer names it.
   */
  'predictionId': (string);
  /**
   * SHA-256 of the input's bytes as they came, lower-case hexadecimal. Of an encoded image without metadata: the
   * identity of the sample; ingest leaves metadata out first, and names what is left.
   */
  'sampleId': (string);
  /**
   * How the input came: "encoded" (an image file), "uint8" or "float32" (pixels at the network's size).
   */
  'inputFormat': (string);
  /**
   * Length of the input in bytes.
   */
  'inputBytes': (number);
  /**
   * Where the predictor keeps the input; absent when it keeps none. An image that ingest took in lies in SCANS as well.
   */
  'storedInput': (_sulcus_v1_BlobRef | null);
  /**
   * Model version that answered.
   */
  'modelVersion': (string);
  /**
   * SHA-256 of that version's weights, lower-case hexadecimal.
   */
  'modelHash': (string);
  /**
   * Hash of the preparation that the image went through: as the model card names it, or that of another view of the
   * image.
   */
  'transformHash': (string);
  /**
   * Class names, in the order of the model's outputs.
   */
  'classNames': (string)[];
  /**
   * One probability per class, 0-1: the very 32-bit floats of the answer.
   */
  'probabilities': (number)[];
  /**
   * Class with the highest probability.
   */
  'predictedClass': (string);
  /**
   * What computed the probabilities.
   */
  'computation': (_sulcus_v1_Computation | null);
  /**
   * When what happened.
   */
  'times': (_sulcus_v1_PredictionTimes | null);
  /**
   * Protocol of the request: "sulcus.v1" or "inference" (Open Inference Protocol).
   */
  'protocol': (string);
  /**
   * The caller's own name for the request, or empty; at most 1024 characters are kept.
   */
  'requestName': (string);
  /**
   * Instance of the predictor that answered, unique per process.
   */
  'instance': (string);
  /**
   * W3C trace context of the prediction's span, or empty when it was not traced.
   */
  'traceparent': (string);
  /**
   * Study that the image was predicted as a part of, or empty.
   */
  'studyId': (string);
}
