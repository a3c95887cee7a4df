import path from 'node:path';
import { SulcusError } from '#libs/errors';
import { ThreadClient, ThreadPool, type TaskOptions } from '#libs/threads';
import type { DicomLimits } from '../data-set/limits.js';
import { examineFrame, type ExaminedFrame, type FrameToExamine, type OnWritten } from './examine-frame.js';
import type { WorkerMethods } from './worker.js';

/** Sources beside sources, compiled code beside compiled code. */
const ENTRY = new URL(`./worker${path.extname(import.meta.url)}`, import.meta.url);

/** Native pixels up to this size are no work to speak of: 2 ms. To hand them over and back takes longer. */
const MAX_BYTES_HERE = 2 ** 20;

/**
 * Threads that decode DICOM; started when there is work for them. One that dies fails what it holds (INTERNAL,
 * retryable) and is replaced.
 */
export class DicomWorkerPool implements AsyncDisposable {
  readonly #options: { threads: number; limits: Partial<DicomLimits> };
  #pool: ThreadPool<WorkerMethods> | undefined;
  #isClosed = false;

  constructor({ threads, limits = {} }: { threads: number; limits?: Partial<DicomLimits> }) {
    this.#options = { threads, limits };
  }

  /**
   * Decodes a frame for the model and writes it anew: compressed and large ones on a thread.
   *
   * @throws IMAGE_*; CANCELLED when `signal` aborts before a thread took it; SERVICE_UNAVAILABLE after the close
   */
  async examine(
    frame: FrameToExamine,
    { onWritten, ...options }: TaskOptions & { onWritten?: OnWritten | undefined } = {},
  ): Promise<ExaminedFrame> {
    if (this.#isClosed) throw new SulcusError('SERVICE_UNAVAILABLE', 'The threads are closing');
    if (frame.compressedBy === undefined && frame.encoded.length <= MAX_BYTES_HERE)
      return await examineFrame(frame, this.#options.limits, onWritten);
    // A copy that can be handed over.
    const encoded = new Uint8Array(frame.encoded);
    const examined = await this.#threads().run(
      (client) => client.call('examine', { ...frame, encoded }, [encoded.buffer]),
      options,
    );
    await onWritten?.(examined.sha256);
    return examined;
  }

  #threads(): ThreadPool<WorkerMethods> {
    const { threads, limits } = this.#options;
    return (this.#pool ??= new ThreadPool(() => new ThreadClient<WorkerMethods>(ENTRY, 'DICOM worker', limits), {
      threads,
      tasksPerThread: 1,
    }));
  }

  /** Ends the threads when they have answered what they hold. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#pool?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
