import type { Prediction, RequestOrigin } from '../serving/prediction.js';

/** What became of the records of one predictor. */
export interface RecordCounts {
  /** The broker has them. */
  stored: number;
  /**
   * They are not stored: there was no room for them to wait in, or no more time at the stop, or the broker refused
   * them.
   */
  dropped: number;
  /** They wait for the broker. */
  waiting: number;
}

/** Sees to it that every answered prediction leaves a record. */
export interface Recorder {
  readonly counts: Readonly<RecordCounts>;
  /**
   * Resolves when the predictions of a request may be answered.
   *
   * @throws when answers wait for records: BUS_UNAVAILABLE, STORAGE_FULL; CANCELLED, DEADLINE_EXCEEDED by `signal`
   */
  record(predictions: readonly Prediction[], origin: RequestOrigin, signal: AbortSignal): Promise<void>;
  /** Waits for records under way, at most a few seconds. */
  close(): Promise<void>;
}
