import { AsyncResource } from 'node:async_hooks';
import { setMaxListeners } from 'node:events';
import { Notifier } from '#libs/async';
import { SulcusError } from '#libs/errors';
import type { Prediction, RequestOrigin } from '../serving/prediction.js';
import type { PendingRecord, RecordWriter } from './record-writer.js';
import type { RecordCounts, Recorder } from './recorder.js';

export interface BackgroundRecorderOptions {
  /** Memory of the records that wait, about. */
  maxQueueBytes: number;
  /** Told of each record that will not be stored. */
  onDropped: (why: string) => void;
}

/** Records on their way to the broker at once: enough to wait for the broker's disk together. */
const IN_FLIGHT = 32;
/** How long records may take at a stop. */
const CLOSE_MS = 5000;

const STOPPED = 'the predictor stopped before the broker had them';

interface Waiting {
  sizeBytes: number;
  /** In the context of the request, whose trace the writing belongs to. */
  write: () => Promise<void>;
}

/**
 * Answers go out at once, records follow: they wait, in bounded memory, for as long as the broker is away. What does
 * not fit is dropped, newest first, and counted. A process that is killed takes along what waits.
 */
export class BackgroundRecorder implements Recorder {
  readonly counts: RecordCounts = { stored: 0, dropped: 0, waiting: 0 };
  readonly #writer: RecordWriter;
  readonly #options: BackgroundRecorderOptions;
  readonly #queue: Waiting[] = [];
  readonly #settled = new Notifier();
  #bytes = 0;
  #writing = 0;
  readonly #givenUp = new AbortController();

  constructor(writer: RecordWriter, options: BackgroundRecorderOptions) {
    this.#writer = writer;
    this.#options = options;
    setMaxListeners(0, this.#givenUp.signal); // one per record under way is the normal case, not a leak
  }

  async record(predictions: readonly Prediction[], origin: RequestOrigin): Promise<void> {
    for (const prediction of predictions) this.#add(this.#writer.prepare(prediction, origin));
  }

  async close(): Promise<void> {
    const limit = AbortSignal.timeout(CLOSE_MS);
    while (this.counts.waiting > 0 && !limit.aborted) await this.#settled.wait(limit);
    this.#givenUp.abort();
    for (const _ of this.#queue.splice(0)) this.#drop(STOPPED);
    while (this.counts.waiting > 0) await this.#settled.wait(); // those under way end by the abort
  }

  #add(pending: PendingRecord): void {
    const waiting = { signal: this.#givenUp.signal, retryTimeoutMs: Infinity, whileFull: true };
    const fits = this.counts.waiting === 0 || this.#bytes + pending.sizeBytes <= this.#options.maxQueueBytes;
    this.counts.waiting++;
    if (!fits) return this.#drop('more would wait than SULCUS_RECORD_QUEUE_BYTES allows');
    this.#bytes += pending.sizeBytes;
    this.#queue.push({
      sizeBytes: pending.sizeBytes,
      write: AsyncResource.bind(() => this.#writer.write(pending, waiting)),
    });
    if (this.#writing < IN_FLIGHT) void this.#work();
  }

  /** Writes what waits, one after the other; several of these run side by side. */
  async #work(): Promise<void> {
    this.#writing++;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      await this.#write(next);
      this.#bytes -= next.sizeBytes;
    }
    this.#writing--;
  }

  async #write({ write }: Waiting): Promise<void> {
    try {
      await write();
      this.counts.stored++;
      this.counts.waiting--;
      this.#settled.notify();
    } catch (error) {
      this.#drop(this.#givenUp.signal.aborted ? STOPPED : SulcusError.from(error).message);
    }
  }

  #drop(why: string): void {
    this.counts.waiting--;
    this.counts.dropped++;
    this.#settled.notify();
    this.#options.onDropped(why);
  }
}
