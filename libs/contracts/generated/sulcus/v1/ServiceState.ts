// Original file: proto/sulcus/v1/event.proto


/**
 * Life of a service.
 */
export interface ServiceStateInput {
  /**
   * "starting", "ready", "idle", "busy", "stopping" or "failed".
   */
  'state'?: (string);
  /**
   * A sentence for people.
   */
  'message'?: (string);
}

/**
 * Life of a service.
 */
export interface ServiceState {
  /**
   * "starting", "ready", "idle", "busy", "stopping" or "failed".
   */
  'state': (string);
  /**
   * A sentence for people.
   */
  'message': (string);
}
