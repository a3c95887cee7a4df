import type { Prediction } from '../serving/prediction.js';
import { BackgroundRecorder, type BackgroundRecorderOptions } from './background-recorder.js';
import { DurableRecorder } from './durable-recorder.js';
import type { RecordWriter } from './record-writer.js';
import type { RequestOrigin } from './to-record.js';

export type { RequestOrigin } from './to-record.js';

/** What became of the records of one predictor. */
export interface RecordCounts {
  /** The broker has them. */
  stored: number;
  /** They are not stored: there was no room for them to wait in, or no more time at the stop, or the broker refused them. */
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

/** Whether records are made, and whether answers wait for them. */
export type RecordMode = 'durable' | 'async' | 'off';

export interface RecorderOptions extends BackgroundRecorderOptions {
  mode: RecordMode;
  /** How long an answer waits for its record, in mode 'durable'. */
  timeoutMs: number;
}

export function createRecorder(writer: RecordWriter, { mode, timeoutMs, ...background }: RecorderOptions): Recorder {
  switch (mode) {
    case 'durable':
      return new DurableRecorder(writer, timeoutMs);
    case 'async':
      return new BackgroundRecorder(writer, background);
    case 'off':
      return {
        counts: { stored: 0, dropped: 0, waiting: 0 },
        record: async () => undefined,
        close: async () => undefined,
      };
  }
}
