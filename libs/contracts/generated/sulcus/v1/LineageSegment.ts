// Original file: proto/sulcus/v1/lineage.proto

import type { LearnedAsInput as _sulcus_v1_LearnedAsInput, LearnedAs as _sulcus_v1_LearnedAs } from '../../sulcus/v1/LearnedAs.js';
import type { Long } from '@grpc/proto-loader';

/**
 * What the weights of a run have learned beyond a state before: appended to the LINEAGE stream under its own hash. A
 * model version names the segment that it ends with; the segments before follow from one to the other.
 */
export interface LineageSegmentInput {
  /**
   * Training run.
   */
  'run'?: (string);
  /**
   * SHA-256 of the bytes of the segment before, lower-case hexadecimal; empty in the first of a run that began anew.
   */
  'previous'?: (string);
  /**
   * Segments up to this one, this one included.
   */
  'number'?: (number);
  /**
   * Training steps of the run when it was written.
   */
  'step'?: (number | string | Long);
  /**
   * Samples that were learned for the first time.
   */
  'learned'?: (_sulcus_v1_LearnedAsInput)[];
  /**
   * Samples that were learned before, and now under another label.
   */
  'relearned'?: (_sulcus_v1_LearnedAsInput)[];
  /**
   * Samples that could not be prepared, or whose step was refused: put aside for good. As distances.
   */
  'putAsideDistances'?: (number | string | Long)[];
  /**
   * Segments that a run left behind when it went back to an earlier version: what they tell of had an effect on weights
   * that are not these.
   */
  'abandoned'?: (string)[];
}

/**
 * What the weights of a run have learned beyond a state before: appended to the LINEAGE stream under its own hash. A
 * model version names the segment that it ends with; the segments before follow from one to the other.
 */
export interface LineageSegment {
  /**
   * Training run.
   */
  'run': (string);
  /**
   * SHA-256 of the bytes of the segment before, lower-case hexadecimal; empty in the first of a run that began anew.
   */
  'previous': (string);
  /**
   * Segments up to this one, this one included.
   */
  'number': (number);
  /**
   * Training steps of the run when it was written.
   */
  'step': (number);
  /**
   * Samples that were learned for the first time.
   */
  'learned': (_sulcus_v1_LearnedAs)[];
  /**
   * Samples that were learned before, and now under another label.
   */
  'relearned': (_sulcus_v1_LearnedAs)[];
  /**
   * Samples that could not be prepared, or whose step was refused: put aside for good. As distances.
   */
  'putAsideDistances': (number)[];
  /**
   * Segments that a run left behind when it went back to an earlier version: what they tell of had an effect on weights
   * that are not these.
   */
  'abandoned': (string)[];
}
