import type { TrainerOptions, TrainerParts } from '../loop/parts.js';
import type { EventFeed } from './event-feed.js';
import type { Prequential } from './prequential.js';
import type { StreamLineage } from './stream-lineage.js';
import type { StreamPlan, StreamPlanSettings } from './stream-plan.js';

/** What learning from a stream works with beside the rest. */
export interface StreamParts extends Omit<TrainerParts, 'index'> {
  feed: EventFeed;
  plan: StreamPlan;
  prequential: Prequential;
  lineage: StreamLineage;
  counters: StreamCounters;
  /** Whether an alarm freezes the champion. */
  freezeOnAlarm: boolean;
}

/** Counts that a checkpoint keeps. */
export interface StreamCounters {
  /** Steps in a row whose loss was no finite number. */
  refusedSteps: number;
  /** Whether learning is to go back to the champion, which the last round found to be clearly better. */
  goesBack: boolean;
}

export type StreamOptions = TrainerOptions &
  StreamPlanSettings & { /** How the run's images are prepared. */ transformHash: string };
