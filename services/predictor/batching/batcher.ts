import { SulcusError } from '#libs/errors';
import { Bell } from '#libs/service';
import { DEFAULT_PRIORITY, insertByPriority, type Priority } from './priority.js';

/** Limits of one batcher, and the call that does the work. */
export interface BatcherOptions<Row, Result> {
  /** Rows per batch at most. */
  maxBatchSize: number;
  /** How long the first row of a batch may wait for others that are still being prepared. */
  maxDelayMs: number;
  /** Batches handed to `run` and not yet answered, at most: 2 keeps the engine fed while the next batch is put together. */
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
  /** From the row being ready until its batch went out. */
  queueMs: number;
  /** Time of the batch's `run`. */
  runMs: number;
}

interface Entry<Row, Result> {
  row: Row;
  priority: Priority;
  readyAtMs: number;
  resolve(result: Batched<Result>): void;
  reject(error: unknown): void;
  /** Removes the abort listener. */
  settle(): void;
}

/**
 * Collects the rows of concurrent callers into batches. A batch goes out when it is full, when no other row is on its
 * way, or when its oldest row has waited `maxDelayMs`: a lone caller never waits, a crowd shares batches. Urgent rows go
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
  readonly #answered = new Bell();

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
   * @throws CANCELLED or DEADLINE_EXCEEDED as `signal` says; what `prepare` throws; what `run` throws, for every row of the batch
   */
  async submit(prepare: () => Promise<Row>, signal: AbortSignal, priority: Priority = DEFAULT_PRIORITY): Promise<Batched<Result>> {
    this.#preparing++;
    let row: Row;
    try {
      row = await prepare();
    } finally {
      this.#preparing--;
      // When this row comes to nothing, others may have waited for it alone; when it comes, enqueueing looks again.
      queueMicrotask(() => this.#dispatch());
    }
    return await this.#enqueue(row, signal, priority);
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

  #enqueue(row: Row, signal: AbortSignal, priority: Priority): Promise<Batched<Result>> {
    if (this.#closedBy) return Promise.reject(this.#closedBy);
    if (signal.aborted) return Promise.reject(SulcusError.from(signal.reason));
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const index = this.#waiting.indexOf(entry);
        if (index >= 0) this.#waiting.splice(index, 1);
        reject(SulcusError.from(signal.reason));
      };
      const entry: Entry<Row, Result> = {
        row,
        priority,
        readyAtMs: performance.now(),
        resolve,
        reject,
        settle: () => signal.removeEventListener('abort', onAbort),
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
      if (!due) {
        this.#timer = setTimeout(() => this.#dispatch(), Math.ceil(remainingMs));
        return;
      }
      void this.#run(this.#waiting.splice(0, maxBatchSize));
    }
  }

  async #run(batch: readonly Entry<Row, Result>[]): Promise<void> {
    this.#inFlight++;
    const startedMs = performance.now();
    try {
      const results = await this.#options.run(batch.map((entry) => entry.row));
      if (results.length !== batch.length) {
        throw new SulcusError('INTERNAL', `A batch of ${batch.length} rows was answered with ${results.length} results`);
      }
      const runMs = performance.now() - startedMs;
      batch.forEach((entry, index) => {
        entry.resolve({ result: results[index] as Result, batchSize: batch.length, batchRow: index, queueMs: startedMs - entry.readyAtMs, runMs });
      });
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    } finally {
      for (const entry of batch) entry.settle();
      this.#inFlight--;
      this.#dispatch();
      this.#answered.ring();
    }
  }
}
