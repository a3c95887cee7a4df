import type { Calibration } from '#libs/calibration';
import type { Decision, ValidationMetrics } from './promotion.js';

/** A candidate that a checkpoint holds and that may not have been offered yet. The names are stored in checkpoints. */
export interface PendingPublication {
  metrics: ValidationMetrics & { sampleSetHash: string };
  /** Epoch, from 0. */
  pass: number;
  /** Made when candidate and champion answered the same samples; a trainer that resumes carries it out. */
  decision: Decision;
  /** Fitted on the answers that the metrics are of. Absent in checkpoints of versions that did not calibrate. */
  calibration?: Calibration;
}
