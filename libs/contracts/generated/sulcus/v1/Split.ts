// Original file: proto/sulcus/v1/common.proto

/**
 * The split that a sample belongs to. Decided once, at ingest, by a keyed hash of the patient pseudonym (without one:
 * of the study, then of the content), so that all samples of a patient are in one split.
 */
export const Split = {
  /**
   * Not decided, or not known.
   */
  SPLIT_UNSPECIFIED: 'SPLIT_UNSPECIFIED',
  /**
   * Trains the network; augmented afresh in every epoch.
   */
  SPLIT_TRAIN: 'SPLIT_TRAIN',
  /**
   * Decides early stopping, schedule and calibration; never augmented.
   */
  SPLIT_VALIDATION: 'SPLIT_VALIDATION',
  /**
   * Measures the served model; never seen by the trainer.
   */
  SPLIT_TEST: 'SPLIT_TEST',
  /**
   * Decides promotion, and nothing else; never augmented.
   */
  SPLIT_GATE: 'SPLIT_GATE',
} as const;

/**
 * The split that a sample belongs to. Decided once, at ingest, by a keyed hash of the patient pseudonym (without one:
 * of the study, then of the content), so that all samples of a patient are in one split.
 */
export type SplitInput =
  /**
   * Not decided, or not known.
   */
  | 'SPLIT_UNSPECIFIED'
  | 0
  /**
   * Trains the network; augmented afresh in every epoch.
   */
  | 'SPLIT_TRAIN'
  | 1
  /**
   * Decides early stopping, schedule and calibration; never augmented.
   */
  | 'SPLIT_VALIDATION'
  | 2
  /**
   * Measures the served model; never seen by the trainer.
   */
  | 'SPLIT_TEST'
  | 3
  /**
   * Decides promotion, and nothing else; never augmented.
   */
  | 'SPLIT_GATE'
  | 4

/**
 * The split that a sample belongs to. Decided once, at ingest, by a keyed hash of the patient pseudonym (without one:
 * of the study, then of the content), so that all samples of a patient are in one split.
 */
export type Split = typeof Split[keyof typeof Split]
