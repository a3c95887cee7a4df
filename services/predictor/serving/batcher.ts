import { insertByPriority, Notifier } from '#libs/async';
import { SulcusError } from '#libs/errors';
import { startDeadline, type Deadline } from './deadline.js';
import { DEFAULT_PRIORITY, type Priority } from './priority.js';

/** Limits of one batcher, and the call that does the work. */
export interface BatcherOptions<Row, Result> {
  /** Rows per batch at most. */
  maxBatchSize: number;
  /**
   * Smaller sizes that are worth having at once: a batch of the largest that the waiting rows fill does not wait for
   * more.
   */
  preferredBatchSizes?: readonly number[];
  /** How long the first row of a batch may wait for reserved ones. */
  maxDelayMs: number;
  /**
   * How long a row may take from its reservation until its batch goes out; undefined: as long as its caller waits.
   */
  queueTimeoutMs?: number;
  /**
   * Batches handed to `run` and not yet answered, at most: 2 keeps the engine fed while the next batch is put together.
   */
  maxBatchesInFlight: number;
  /** Computes one result per row, in the order of the rows. */
  run(rows: readonly Row[]): Promise<readonly Result[]>;
}

/** One row's result with what its batch was like. */
export interface Batched<Result> {
  result: Result;
  /** Rows in the batch. */
  batchSize: number;
  /** Place of the row in its batch, from 0. */
  batchRow: number;
  /** From the row being submitted until its batch went out. */
  queueMs: number;
  /** Time of the batch's `run`. */
  runMs: number;
}

/** A row that is still being prepared. Disposing of it gives the reservation up, unless the row has been submitted. */
export interface Reservation<Row, Result> extends Disposable {
  /** Aborts when the row is no longer wanted: its caller has given up, or its time in the queue is over. */
  readonly signal: AbortSignal;
  /**
   * Puts the row, once, into the queue.
   *
   * @throws CANCELLED or DEADLINE_EXCEEDED as the caller's signal says; DEADLINE_EXCEEDED after `queueTimeoutMs`; what
   * `run` throws, for every row of the batch
   */
  submit(row: Row): Promise<Batched<Result>>;
}

interface Entry<Row, Result> {
  row: Row;
  deadline: Deadline;
  priority: Priority;
  submittedAtMs: number;
  resolve(result: Batched<Result>): void;
  reject(error: unknown): void;
  /** Removes the abort listener. */
  settle(): void;
}

/**
 * Collects the rows of concurrent callers into batches. Whoever prepares a row reserves first, so that a batch knows
 * what it may wait for: it goes out when it is full or of a preferred size, when nothing else is reserved, or when its
 * oldest row has waited `maxDelayMs`. A lone caller never waits, a crowd shares batches. Urgent rows go before others,
 * equals in the order in which they were submitted. A caller that gives up before its batch went out takes its row
 * along, so that row never reaches `run`.
 *
 * It has no bound of its own: callers are admitted by {@link Admission} before they come here.
 */
export class Batcher<Row, Result> {
  readonly #options: BatcherOptions<Row, Result>;
  readonly #waiting: Entry<Row, Result>[] = [];
  #reserved = 0;
  #inFlight = 0;
  #timer: NodeJS.Timeout | undefined;
  #closedBy: SulcusError | undefined;
  readonly #lessToDo = new Notifier();

  constructor(options: BatcherOptions<Row, Result>) {
    this.#options = options;
  }

  /** Rows that are submitted and in no batch yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Announces a row; its time in the queue begins. */
  reserve(signal: AbortSignal, priority: Priority = DEFAULT_PRIORITY): Reservation<Row, Result> {
    const { queueTimeoutMs } = this.#options;
    const busy = `The request was not taken up within ${queueTimeoutMs} ms: the predictor is busy`;
    const deadline = startDeadline(signal, queueTimeoutMs, busy);
    let open = true;
    this.#reserved++;
    const close = (): void => {
      if (open) this.#reserved--;
      open = false;
    };
    return {
      signal: deadline.signal,
      submit: (row) => {
        close();
        return this.#enqueue(row, deadline, priority);
      },
      [Symbol.dispose]: () => {
        if (!open) return;
        close();
        deadline.clear();
        this.#onLessToDo();
      },
    };
  }

  /** Has a row computed that is ready. @throws as {@link Reservation.submit} */
  submit(row: Row, signal: AbortSignal, priority?: Priority): Promise<Batched<Result>> {
    return this.reserve(signal, priority).submit(row);
  }

  /**
   * Resolves when no row is reserved, waiting or being computed; after `timeoutMs` or when `signal` aborts in any case.
   */
  async waitIdle(signal: AbortSignal, timeoutMs: number): Promise<void> {
    const limitMs = performance.now() + timeoutMs;
    while (this.#reserved + this.#waiting.length + this.#inFlight > 0 && !signal.aborted) {
      const remainingMs = limitMs - performance.now();
      if (remainingMs <= 0) return;
      await this.#lessToDo.wait(signal, remainingMs);
    }
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

  #enqueue(row: Row, deadline: Deadline, priority: Priority): Promise<Batched<Result>> {
    const { signal } = deadline;
    const rejectedBy = this.#closedBy ?? (signal.aborted ? SulcusError.from(signal.reason) : undefined);
    if (rejectedBy) {
      deadline.clear();
      this.#onLessToDo();
      return Promise.reject(rejectedBy);
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const index = this.#waiting.indexOf(entry);
        if (index >= 0) this.#waiting.splice(index, 1);
        deadline.clear();
        reject(SulcusError.from(signal.reason));
      };
      const entry: Entry<Row, Result> = {
        row,
        deadline,
        priority,
        submittedAtMs: performance.now(),
        resolve,
        reject,
        settle: () => {
          deadline.clear();
          signal.removeEventListener('abort', onAbort);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      insertByPriority(this.#waiting, entry);
      this.#dispatch();
    });
  }

  /** A row came to nothing or a batch is answered: others may have waited for it alone. */
  #onLessToDo(): void {
    this.#dispatch();
    this.#lessToDo.notify();
  }

  #dispatch(): void {
    clearTimeout(this.#timer);
    const { maxBatchSize, maxBatchesInFlight, maxDelayMs } = this.#options;
    while (this.#inFlight < maxBatchesInFlight) {
      if (this.#waiting.length === 0) return;
      const oldestMs = this.#waiting.reduce((oldest, { submittedAtMs }) => Math.min(oldest, submittedAtMs), Infinity);
      const remainingMs = oldestMs + maxDelayMs - performance.now();
      const due = this.#waiting.length >= maxBatchSize || this.#reserved === 0 || remainingMs <= 0;
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
    for (const { deadline } of batch) deadline.clear();
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
          queueMs: startedMs - entry.submittedAtMs,
          runMs,
        });
      });
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    } finally {
      for (const entry of batch) entry.settle();
      this.#inFlight--;
      this.#onLessToDo();
    }
  }
}
