import type { Bus } from '#libs/bus';
import type { Logger } from '#libs/telemetry';
import type { PredictorConfig } from '../config.js';
import type { PredictorEvents } from '../events.js';
import { KeptInputs } from './kept-inputs.js';
import { RecordStore } from './record-store.js';
import { RecordWriter } from './record-writer.js';
import { createRecorder, type Recorder } from './recorder.js';
import { watchRetention } from './retention.js';

/** The records of one predictor. */
export interface Records {
  recorder: Recorder;
  /** Tells operators when old records go, until `signal`. */
  watch(signal: AbortSignal): Promise<void>;
}

const RETENTION_EVERY_MS = 60_000;

/** Records as the configuration wants them: before the answer, beside it, or not at all. */
export function openRecords(
  config: PredictorConfig,
  { bus, log, instance, events }: { bus: Bus; log: Logger; instance: string; events: PredictorEvents },
): Records {
  const store = new RecordStore(bus);
  const writer = new RecordWriter({
    store,
    inputs: config.recordInputs ? new KeptInputs(bus) : undefined,
    predictor: { instance, engineThreads: config.engineThreads },
  });
  const recorder = createRecorder(writer, {
    mode: config.records,
    timeoutMs: config.recordTimeoutMs,
    maxQueueBytes: config.maxRecordQueueBytes,
    onDropped: (why) => events.recordDropped(why),
  });
  const watch = (signal: AbortSignal): Promise<void> =>
    watchRetention({
      store,
      log,
      onGone: (message) => events.recordsGone(message),
      everyMs: RETENTION_EVERY_MS,
      signal,
    });
  return { recorder, watch: config.records === 'off' ? async () => undefined : watch };
}
