// Original file: proto/sulcus/v1/event.proto


/**
 * The predictor answers with a new version from here on.
 */
export interface ModelSwappedInput {
  'version'?: (string);
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
  'version': (string);
  'previousVersion': (string);
  /**
   * Fetch, verify, load and warm together, milliseconds.
   */
  'loadMs': (number);
}
