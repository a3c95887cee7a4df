// Original file: proto/sulcus/v1/event.proto


/**
 * Life of a service.
 */
export interface ServiceStateInput {
  /**
   * "starting", "ready", "idle", "busy", "stalled" (no progress for long, the message says for want of what),
   * "stopping" or "failed".
   */
  'state'?: (string);
  /**
   * A sentence for people.
   */
  'message'?: (string);
  /**
   * What computes, such as "tensorflow 2.21.0 (CPU:0)" or "portable (tfjs-wasm 4.22.0)"; empty for services without an
   * engine of their own.
   */
  'engine'?: (string);
  /**
   * What the steps of a training are spread over, such as "CPU:0" and "CPU:1"; empty for services that train nothing.
   */
  'devices'?: (string)[];
  /**
   * True for what people should hear of though they do not look at it now: it is not the usual course of things.
   */
  'notable'?: (boolean);
}

/**
 * Life of a service.
 */
export interface ServiceState {
  /**
   * "starting", "ready", "idle", "busy", "stalled" (no progress for long, the message says for want of what),
   * "stopping" or "failed".
   */
  'state': (string);
  /**
   * A sentence for people.
   */
  'message': (string);
  /**
   * What computes, such as "tensorflow 2.21.0 (CPU:0)" or "portable (tfjs-wasm 4.22.0)"; empty for services without an
   * engine of their own.
   */
  'engine': (string);
  /**
   * What the steps of a training are spread over, such as "CPU:0" and "CPU:1"; empty for services that train nothing.
   */
  'devices': (string)[];
  /**
   * True for what people should hear of though they do not look at it now: it is not the usual course of things.
   */
  'notable': (boolean);
}
