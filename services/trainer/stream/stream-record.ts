import type { PrequentialRecord } from './prequential.js';
import type { StreamLineageRecord } from './stream-lineage.js';
import type { StreamPlanRecord } from './stream-plan.js';

/** What a checkpoint keeps of a run that learns from a stream: bounded, however much came. */
export interface StreamRecord {
  plan: StreamPlanRecord;
  prequential: PrequentialRecord;
  lineage: StreamLineageRecord;
  /** Steps in a row whose loss was no finite number. */
  refusedSteps: number;
  /** Whether learning is to go back to the champion, which the last round found to be clearly better. */
  goesBack: boolean;
}
