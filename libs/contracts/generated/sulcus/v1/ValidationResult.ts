// Original file: proto/sulcus/v1/event.proto

import type { Long } from '@grpc/proto-loader';

/**
 * One evaluation on the validation split.
 */
export interface ValidationResultInput {
  'run'?: (string);
  'step'?: (number | string | Long);
  'pass'?: (number);
  'samples'?: (number | string | Long);
  /**
   * Mean cross-entropy.
   */
  'loss'?: (number | string);
  /**
   * Fraction, 0-1.
   */
  'accuracy'?: (number | string);
  /**
   * Model version published from this state, or empty.
   */
  'version'?: (string);
  'promoted'?: (boolean);
}

/**
 * One evaluation on the validation split.
 */
export interface ValidationResult {
  'run': (string);
  'step': (number);
  'pass': (number);
  'samples': (number);
  /**
   * Mean cross-entropy.
   */
  'loss': (number);
  /**
   * Fraction, 0-1.
   */
  'accuracy': (number);
  /**
   * Model version published from this state, or empty.
   */
  'version': (string);
  'promoted': (boolean);
}
