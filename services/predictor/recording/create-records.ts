import type { Bus } from '#libs/bus';
import type { Logger } from '#libs/telemetry';
import type { PredictorConfig } from '../config.js';
import { BackgroundRecorder } from './background-recorder.js';
import { DurableRecorder } from './durable-recorder.js';
import { KeptInputs } from './kept-inputs.js';
import { RecordStore } from './record-store.js';
import { RecordWriter } from './record-writer.js';
import type { Recorder } from './recorder.js';
import { watchRetention } from './retention.js';

export interface RecordsDependencies {
  bus: Bus;
  log: Logger;
  /** Unique per process. */
  instance: string;
  /** Told of each record that will not be stored. */
  onDropped: (why: string) => void;
  /** Told when old records have gone, with a sentence for operators. */
  onGone: (message: string) => void;
}

/** The records of one predictor. */
export interface Records {
  recorder: Recorder;
  /** Watches for old records that go, until `signal`. */
  watch(signal: AbortSignal): Promise<void>;
}

const RETENTION_EVERY_MS = 60_000;

/** Records as the configuration wants them: before the answer, beside it, or not at all. */
export function createRecords(
  config: PredictorConfig,
  { bus, log, instance, onDropped, onGone }: RecordsDependencies,
): Records {
  if (config.records === 'off') return { recorder: NO_RECORDS, watch: async () => undefined };
  const store = new RecordStore(bus);
  const writer = new RecordWriter({
    store,
    inputs: config.recordInputs ? new KeptInputs(bus) : undefined,
    predictor: { instance, engineThreads: config.engineThreads, keepsNames: config.recordNames },
  });
  return {
    recorder:
      config.records === 'durable'
        ? new DurableRecorder(writer, config.recordTimeoutMs)
        : new BackgroundRecorder(writer, { maxQueueBytes: config.maxRecordQueueBytes, onDropped }),
    watch: (signal) => watchRetention({ store, log, onGone, everyMs: RETENTION_EVERY_MS, signal }),
  };
}

const NO_RECORDS: Recorder = {
  counts: { stored: 0, dropped: 0, waiting: 0 },
  record: async () => undefined,
  close: async () => undefined,
};
