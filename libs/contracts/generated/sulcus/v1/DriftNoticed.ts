// Original file: proto/sulcus/v1/event.proto

import type { Long } from '@grpc/proto-loader';

/**
 * A change detector on the answers to new samples, given before they are learned from, has found that more of them are
 * wrong than before.
 */
export interface DriftNoticedInput {
  /**
   * Training run.
   */
  'run'?: (string);
  /**
   * Site whose answers became worse, or empty.
   */
  'site'?: (string);
  /**
   * Class whose answers became worse, or empty; with site empty too: of the whole stream.
   */
  'className'?: (string);
  /**
   * Share of wrong answers before, 0-1.
   */
  'errorRateBefore'?: (number | string);
  /**
   * About how many answers ago the change came.
   */
  'answersSinceChange'?: (number | string | Long);
  /**
   * Training steps so far.
   */
  'step'?: (number | string | Long);
  /**
   * Version whose answers they are, or empty: the network in training.
   */
  'version'?: (string);
  /**
   * True of a site that has no past yet: its answers are worse than those of the whole stream, whose share of wrong
   * ones error_rate_before is.
   */
  'worseThanOthers'?: (boolean);
}

/**
 * A change detector on the answers to new samples, given before they are learned from, has found that more of them are
 * wrong than before.
 */
export interface DriftNoticed {
  /**
   * Training run.
   */
  'run': (string);
  /**
   * Site whose answers became worse, or empty.
   */
  'site': (string);
  /**
   * Class whose answers became worse, or empty; with site empty too: of the whole stream.
   */
  'className': (string);
  /**
   * Share of wrong answers before, 0-1.
   */
  'errorRateBefore': (number);
  /**
   * About how many answers ago the change came.
   */
  'answersSinceChange': (number);
  /**
   * Training steps so far.
   */
  'step': (number);
  /**
   * Version whose answers they are, or empty: the network in training.
   */
  'version': (string);
  /**
   * True of a site that has no past yet: its answers are worse than those of the whole stream, whose share of wrong
   * ones error_rate_before is.
   */
  'worseThanOthers': (boolean);
}
