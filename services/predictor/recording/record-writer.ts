import type { RequestOptions } from '#libs/bus';
import type { Prediction, RequestOrigin } from '../serving/prediction.js';
import type { KeptInputs } from './kept-inputs.js';
import type { NewRecord, RecordStore } from './record-store.js';
import { toRecord, type RecordingPredictor } from './to-record.js';

/** A record on its way to the broker. */
export interface PendingRecord {
  run: string;
  record: NewRecord;
  /** What is kept beside it. */
  input: Uint8Array | undefined;
  /** Memory that it takes, about. */
  sizeBytes: number;
}

/** Bytes of a record apart from what grows with the number of classes. */
const FIXED_BYTES = 2048;
const BYTES_PER_CLASS = 64;

export interface RecordWriterOptions {
  store: RecordStore;
  /** Where inputs are kept; undefined: nowhere. */
  inputs: KeptInputs | undefined;
  predictor: RecordingPredictor;
}

/** Makes records of predictions and writes each after the input it refers to. */
export class RecordWriter {
  readonly #options: RecordWriterOptions;

  constructor(options: RecordWriterOptions) {
    this.#options = options;
  }

  prepare(prediction: Prediction, origin: RequestOrigin): PendingRecord {
    const input = this.#options.inputs && prediction.input.bytes;
    return {
      run: prediction.card.run,
      record: toRecord(prediction, origin, this.#options.predictor),
      input,
      sizeBytes: FIXED_BYTES + BYTES_PER_CLASS * prediction.card.classes.length + (input?.byteLength ?? 0),
    };
  }

  /** @param options how long the broker is waited for @throws as {@link RecordStore.append} */
  async write({ run, record, input }: PendingRecord, options: RequestOptions): Promise<void> {
    const { store, inputs } = this.#options;
    const storedInput = input && (await inputs?.keep(input, options));
    await store.append(run, { ...record, storedInput }, options);
  }
}
