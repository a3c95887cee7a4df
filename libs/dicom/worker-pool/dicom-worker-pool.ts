import path from 'node:path';
import { ThreadClient, ThreadPool, type TaskOptions } from '#libs/threads';
import type { DicomLimits } from '../data-set/limits.js';
import type { ValueWindow } from '../pixels/voi.js';
import type { ExaminedFrame, WorkerMethods } from './worker.js';

/** Sources beside sources, compiled code beside compiled code. */
const ENTRY = new URL(`./worker${path.extname(import.meta.url)}`, import.meta.url);

/** Threads that decode DICOM. One that dies fails what it holds (INTERNAL, retryable) and is replaced. */
export class DicomWorkerPool implements AsyncDisposable {
  readonly #pool: ThreadPool<WorkerMethods>;

  constructor(options: { threads: number; limits?: Partial<DicomLimits> }) {
    this.#pool = new ThreadPool(() => new ThreadClient<WorkerMethods>(ENTRY, 'DICOM worker', options.limits ?? {}), {
      threads: options.threads,
      tasksPerThread: 1,
    });
  }

  /**
   * Decodes an object of one frame for the model.
   *
   * @param bytes a file of PS3.10
   * @throws IMAGE_*; CANCELLED when `signal` aborts before a thread took it
   */
  examine(bytes: Uint8Array, seriesWindow?: ValueWindow, options?: TaskOptions): Promise<ExaminedFrame> {
    return this.#pool.run((client) => client.call('examine', { bytes, seriesWindow }), options);
  }

  /** Ends the threads when they have answered what they hold. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
