import { timeLimit } from '#libs/async';
import { SulcusError } from '#libs/errors';
import type { Prediction, RequestOrigin } from '../serving/prediction.js';
import type { RecordWriter } from './record-writer.js';
import type { RecordCounts, Recorder } from './recorder.js';

/**
 * No record, no answer: a request whose record cannot be stored fails. One that fails late may leave its record all the
 * same.
 */
export class DurableRecorder implements Recorder {
  readonly counts: RecordCounts = { stored: 0, dropped: 0, waiting: 0 };
  readonly #writer: RecordWriter;
  readonly #timeoutMs: number;

  /** @param timeoutMs how long an answer waits for a broker that is away: a restart is bridged, an outage is told */
  constructor(writer: RecordWriter, timeoutMs: number) {
    this.#writer = writer;
    this.#timeoutMs = timeoutMs;
  }

  /** @throws BUS_UNAVAILABLE when the broker stays away; CANCELLED, DEADLINE_EXCEEDED by `signal` */
  async record(predictions: readonly Prediction[], origin: RequestOrigin, signal: AbortSignal): Promise<void> {
    using limit = timeLimit(signal, this.#timeoutMs);
    const { counts } = this;
    counts.waiting += predictions.length;
    const outcomes = await Promise.allSettled(
      predictions.map((prediction) =>
        this.#writer.write(this.#writer.prepare(prediction, origin), {
          signal: limit.signal,
          retryTimeoutMs: Infinity,
        }),
      ),
    );
    counts.waiting -= predictions.length;
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected');
    counts.stored += outcomes.length - failures.length;
    if (failures.length === 0) return;
    if (signal.aborted) throw SulcusError.from(signal.reason);
    if (!limit.signal.aborted) throw SulcusError.from(failures[0]!.reason);
    throw new SulcusError(
      'BUS_UNAVAILABLE',
      `The prediction is not answered because its record could not be stored within ${this.#timeoutMs} ms: ` +
        'the broker does not answer',
      { cause: failures[0]!.reason },
    );
  }

  /** Answers wait for their records: when all are given, none is under way. */
  async close(): Promise<void> {}
}
