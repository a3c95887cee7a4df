import type { Calibration } from '#libs/calibration';
import type { GateMetrics } from '#libs/registry';
import type { Decision, MeasuredMetrics } from './promotion.js';

/** A candidate that a checkpoint holds and that may not have been offered yet. The names are stored in checkpoints. */
export interface PendingPublication {
  metrics: MeasuredMetrics;
  /** Epoch, from 0. */
  pass: number;
  /** Made when candidate and champion answered the same samples; a trainer that resumes carries it out. */
  decision: Decision;
  /** Fitted on the answers that the metrics are of. Absent in checkpoints of versions that did not calibrate. */
  calibration?: Calibration;
  /** What the gate measured. Absent when it could not, and in checkpoints of versions that had none. */
  gate?: GateMetrics;
}
