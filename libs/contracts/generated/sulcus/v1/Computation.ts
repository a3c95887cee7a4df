// Original file: proto/sulcus/v1/record.proto


/**
 * What the numbers of a prediction depend on beside the input, the model version and its preparation.
 */
export interface ComputationInput {
  /**
   * Arithmetic of the network: "float32" or "bfloat16".
   */
  'precision'?: (string);
  /**
   * Images in the batch: kernels may add up in another order for another number of images.
   */
  'batchSize'?: (number);
  /**
   * Place of this image in the batch, from 0.
   */
  'batchRow'?: (number);
  /**
   * Library that ran the network, with its version.
   */
  'engine'?: (string);
  /**
   * Device that ran it, for example "CPU:0".
   */
  'device'?: (string);
  /**
   * Model of the processor.
   */
  'processor'?: (string);
  /**
   * Threads of the engine.
   */
  'engineThreads'?: (number);
  /**
   * Version of sulcus.
   */
  'softwareVersion'?: (string);
}

/**
 * What the numbers of a prediction depend on beside the input, the model version and its preparation.
 */
export interface Computation {
  /**
   * Arithmetic of the network: "float32" or "bfloat16".
   */
  'precision': (string);
  /**
   * Images in the batch: kernels may add up in another order for another number of images.
   */
  'batchSize': (number);
  /**
   * Place of this image in the batch, from 0.
   */
  'batchRow': (number);
  /**
   * Library that ran the network, with its version.
   */
  'engine': (string);
  /**
   * Device that ran it, for example "CPU:0".
   */
  'device': (string);
  /**
   * Model of the processor.
   */
  'processor': (string);
  /**
   * Threads of the engine.
   */
  'engineThreads': (number);
  /**
   * Version of sulcus.
   */
  'softwareVersion': (string);
}
