import { SulcusError } from '#libs/errors';
import { Notifier } from '#libs/async';
import { DEFAULT_PRIORITY, insertByPriority, type Priority } from './priority.js';

/** Limits of one batcher, and the call that does the work. */
export interface BatcherOptions<Row, Result> {
  /** Rows per batch at most. */
  maxBatchSize: number;
  /** Smaller sizes that are worth having at once: a batch of the largest that the waiting rows fill does not wait for more. */
  preferredBatchSizes?: readonly number[];
  /** How long the first row of a batch may wait for others that are still being prepared. */
  maxDelayMs: number;
  /** How long a row may take from being submitted until its batch goes out; undefined: as long as its caller waits. */
  queueTimeoutMs?: number;
  /** Batches handed to `run` and not yet answered, at most: 2 keeps the engine fed while the next batch is put together. */
  maxBatchesInFlight: number;
  /** Computes one result per row, in the order of the rows. */
  run(rows: readonly Row[]): Promise<readonly Result[]>;
}

/** Longest time that a timer can be set to. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** One row's result with what its batch was like. */
export interface Batched<Result> {
  result: Result;
  /** Rows in the batch. */
  batchSize: number;
  /** Place of the row in its batch, from 0. */
  batchRow: number;
  /** From the row being ready until its batch went out. */
  queueMs: number;
  /** Time of the batch's `run`. */
  runMs: number;
}

/** A row's time in the queue: aborts when the caller gives up or, until `leave`, when it has waited too long. */
interface QueueTime {
  signal: AbortSignal;
  leave(): void;
}

interface Entry<Row, Result> {
  row: Row;
  queueTime: QueueTime;
  priority: Priority;
  readyAtMs: number;
  resolve(result: Batched<Result>): void;
  reject(error: unknown): void;
  /** Removes the abort listener. */
  settle(): void;
}

/**
 * Collects the rows of concurrent callers into batches. A batch goes out when it is full or of a preferred size, when no
 * other row is on its way, or when its oldest row has waited `maxDelayMs`: a lone caller never waits, a crowd shares batches. Urgent rows go
 * before others, equals in the order in which they became ready. A caller that
 * gives up before its batch went out takes its row along, so that row never reaches `run`.
 *
 * It has no bound of its own: callers are admitted by {@link Admission} before they come here.
 */
export class Batcher<Row, Result> {
  readonly #options: BatcherOptions<Row, Result>;
  readonly #waiting: Entry<Row, Result>[] = [];
  #preparing = 0;
  #inFlight = 0;
  #timer: NodeJS.Timeout | undefined;
  #closedBy: SulcusError | undefined;
  readonly #answered = new Notifier();

  constructor(options: BatcherOptions<Row, Result>) {
    this.#options = options;
  }

  /** Rows that are ready and in no batch yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves when no row is on its way, waiting or being computed; after `patienceMs` or when `signal` aborts in any case. */
  async quiet(signal: AbortSignal, patienceMs: number): Promise<void> {
    const limitMs = performance.now() + patienceMs;
    while (this.#preparing + this.#waiting.length + this.#inFlight > 0 && !signal.aborted) {
      const remainingMs = limitMs - performance.now();
      if (remainingMs <= 0) return;
      await this.#answered.wait(signal, remainingMs);
    }
  }

  /**
   * Prepares one row and has it computed in a batch.
   *
   * @param prepare is told by its signal when the row is no longer wanted
   * @throws CANCELLED or DEADLINE_EXCEEDED as `signal` says; DEADLINE_EXCEEDED after `queueTimeoutMs`; what `prepare` throws; what `run`
   * throws, for every row of the batch
   */
  async submit(
    prepare: (signal: AbortSignal) => Promise<Row>,
    signal: AbortSignal,
    priority: Priority = DEFAULT_PRIORITY,
  ): Promise<Batched<Result>> {
    this.#preparing++;
    const queueTime = this.#queueTime(signal);
    let row: Row;
    try {
      row = await prepare(queueTime.signal);
    } catch (error) {
      queueTime.leave();
      throw error;
    } finally {
      this.#preparing--;
      // When this row comes to nothing, others may have waited for it alone; when it comes, enqueueing looks again.
      queueMicrotask(() => this.#dispatch());
    }
    return await this.#enqueue(row, queueTime, priority);
  }

  /** Rejects the waiting rows and everything submitted from now on. Batches already handed out run to their end. */
  close(error: SulcusError): void {
    this.#closedBy ??= error;
    clearTimeout(this.#timer);
    for (const entry of this.#waiting.splice(0)) {
      entry.settle();
      entry.reject(error);
    }
  }

  #queueTime(signal: AbortSignal): QueueTime {
    const { queueTimeoutMs } = this.#options;
    if (queueTimeoutMs === undefined) return { signal, leave: () => undefined };
    const late = new AbortController();
    const timer = setTimeout(
      () =>
        late.abort(
          new SulcusError(
            'DEADLINE_EXCEEDED',
            `The request was not taken up within ${queueTimeoutMs} ms: the predictor is busy`,
          ),
        ),
      Math.min(queueTimeoutMs, LONGEST_TIMER_MS),
    );
    return { signal: AbortSignal.any([signal, late.signal]), leave: () => clearTimeout(timer) };
  }

  #enqueue(row: Row, queueTime: QueueTime, priority: Priority): Promise<Batched<Result>> {
    const { signal } = queueTime;
    const refused = this.#closedBy ?? (signal.aborted ? SulcusError.from(signal.reason) : undefined);
    if (refused) {
      queueTime.leave();
      return Promise.reject(refused);
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const index = this.#waiting.indexOf(entry);
        if (index >= 0) this.#waiting.splice(index, 1);
        queueTime.leave();
        reject(SulcusError.from(signal.reason));
      };
      const entry: Entry<Row, Result> = {
        row,
        queueTime,
        priority,
        readyAtMs: performance.now(),
        resolve,
        reject,
        settle: () => {
          queueTime.leave();
          signal.removeEventListener('abort', onAbort);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      insertByPriority(this.#waiting, entry);
      this.#dispatch();
    });
  }

  #dispatch(): void {
    clearTimeout(this.#timer);
    const { maxBatchSize, maxBatchesInFlight, maxDelayMs } = this.#options;
    while (this.#inFlight < maxBatchesInFlight) {
      if (this.#waiting.length === 0) return;
      const oldestMs = this.#waiting.reduce((oldest, { readyAtMs }) => Math.min(oldest, readyAtMs), Infinity);
      const remainingMs = oldestMs + maxDelayMs - performance.now();
      const due = this.#waiting.length >= maxBatchSize || this.#preparing === 0 || remainingMs <= 0;
      const size = due ? maxBatchSize : this.#preferredSize();
      if (size === 0) {
        this.#timer = setTimeout(() => this.#dispatch(), Math.ceil(remainingMs));
        return;
      }
      void this.#run(this.#waiting.splice(0, size));
    }
  }

  /** The largest preferred size that the waiting rows fill; 0 when they fill none. */
  #preferredSize(): number {
    const { preferredBatchSizes = [] } = this.#options;
    return Math.max(0, ...preferredBatchSizes.filter((size) => size <= this.#waiting.length));
  }

  async #run(batch: readonly Entry<Row, Result>[]): Promise<void> {
    this.#inFlight++;
    for (const { queueTime } of batch) queueTime.leave();
    const startedMs = performance.now();
    try {
      const results = await this.#options.run(batch.map((entry) => entry.row));
      if (results.length !== batch.length) {
        throw new SulcusError(
          'INTERNAL',
          `A batch of ${batch.length} rows was answered with ${results.length} results`,
        );
      }
      const runMs = performance.now() - startedMs;
      batch.forEach((entry, index) => {
        entry.resolve({
          result: results[index] as Result,
          batchSize: batch.length,
          batchRow: index,
          queueMs: startedMs - entry.readyAtMs,
          runMs,
        });
      });
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    } finally {
      for (const entry of batch) entry.settle();
      this.#inFlight--;
      this.#dispatch();
      this.#answered.notify();
    }
  }
}
