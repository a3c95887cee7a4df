// Original file: proto/sulcus/v1/record.proto


/**
 * The course of a prediction.
 */
export interface PredictionTimesInput {
  /**
   * The request was taken up, milliseconds since the Unix epoch, as all times here.
   */
  'receivedUnixMs'?: (number | string);
  /**
   * The image was ready for the network.
   */
  'preparedUnixMs'?: (number | string);
  /**
   * Its batch went to the engine.
   */
  'batchedUnixMs'?: (number | string);
  /**
   * The engine had answered.
   */
  'inferredUnixMs'?: (number | string);
  /**
   * The prediction was complete.
   */
  'answeredUnixMs'?: (number | string);
  /**
   * Hash, decode and transform, milliseconds.
   */
  'prepareMs'?: (number | string);
  /**
   * From being ready until the batch went out, milliseconds.
   */
  'queueMs'?: (number | string);
  /**
   * The engine run of the batch, milliseconds.
   */
  'inferenceMs'?: (number | string);
}

/**
 * The course of a prediction.
 */
export interface PredictionTimes {
  /**
   * The request was taken up, milliseconds since the Unix epoch, as all times here.
   */
  'receivedUnixMs': (number);
  /**
   * The image was ready for the network.
   */
  'preparedUnixMs': (number);
  /**
   * Its batch went to the engine.
   */
  'batchedUnixMs': (number);
  /**
   * The engine had answered.
   */
  'inferredUnixMs': (number);
  /**
   * The prediction was complete.
   */
  'answeredUnixMs': (number);
  /**
   * Hash, decode and transform, milliseconds.
   */
  'prepareMs': (number);
  /**
   * From being ready until the batch went out, milliseconds.
   */
  'queueMs': (number);
  /**
   * The engine run of the batch, milliseconds.
   */
  'inferenceMs': (number);
}
