// Original file: proto/sulcus/v1/event.proto


/**
 * The predictor answers with a new version from here on.
 */
export interface ModelSwappedInput {
  /**
   * Version that answers now.
   */
  'version'?: (string);
  /**
   * Version that answered before, or empty.
   */
  'previousVersion'?: (string);
  /**
   * Fetch, verify, load and warm together, milliseconds.
   */
  'loadMs'?: (number | string);
}

/**
 * The predictor answers with a new version from here on.
 */
export interface ModelSwapped {
  /**
   * Version that answers now.
   */
  'version': (string);
  /**
   * Version that answered before, or empty.
   */
  'previousVersion': (string);
  /**
   * Fetch, verify, load and warm together, milliseconds.
   */
  'loadMs': (number);
}
