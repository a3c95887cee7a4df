import type { BatchContent } from '../data/batch-exchange.js';
import type { StreamEvent } from './stream-event.js';
import type { StreamSample } from './stream-sample.js';

/** A training step of the stream. */
export interface StepBatch extends BatchContent {
  readonly purpose: 'step';
  /** Whether it belongs to the epochs over the first samples. */
  readonly isWarmUp: boolean;
  /** Number of the step, from 1. */
  readonly step: number;
  /** What is taken in with it. */
  readonly events: readonly StreamEvent[];
  readonly samples: readonly StreamSample[];
  /** Samples that are new with it, first in the batch. */
  readonly arrivals: readonly StreamSample[];
}

/** New samples to be predicted before they are learned from. */
export interface PrequentialBatch extends BatchContent {
  readonly purpose: 'prequential';
  readonly samples: readonly StreamSample[];
}
