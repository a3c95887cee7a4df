// Original file: proto/sulcus/v1/event.proto

import type { Long } from '@grpc/proto-loader';

/**
 * One evaluation on the validation split.
 */
export interface ValidationResultInput {
  /**
   * Training run.
   */
  'run'?: (string);
  /**
   * Training steps before it.
   */
  'step'?: (number | string | Long);
  /**
   * Epoch it belongs to, from 0.
   */
  'epoch'?: (number);
  /**
   * Validation samples it was measured on.
   */
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
  /**
   * Whether that version became champion.
   */
  'promoted'?: (boolean);
  /**
   * The class that every sample was predicted as, though several occur: an alarm. Empty when predictions differ.
   */
  'onlyPredicted'?: (string);
  /**
   * Why that version became champion or did not, in a sentence with the figures; empty without a version.
   */
  'reason'?: (string);
}

/**
 * One evaluation on the validation split.
 */
export interface ValidationResult {
  /**
   * Training run.
   */
  'run': (string);
  /**
   * Training steps before it.
   */
  'step': (number);
  /**
   * Epoch it belongs to, from 0.
   */
  'epoch': (number);
  /**
   * Validation samples it was measured on.
   */
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
  /**
   * Whether that version became champion.
   */
  'promoted': (boolean);
  /**
   * The class that every sample was predicted as, though several occur: an alarm. Empty when predictions differ.
   */
  'onlyPredicted': (string);
  /**
   * Why that version became champion or did not, in a sentence with the figures; empty without a version.
   */
  'reason': (string);
}
