import path from 'node:path';
import { SulcusError } from '#libs/errors';
import { ThreadClient, ThreadPool, type TaskOptions } from '#libs/threads';
import type { NiftiToDicomOptions } from '../to-dicom.js';
import type { WorkerMethods } from './worker.js';

/** Sources beside sources, compiled code beside compiled code. */
const ENTRY = new URL(`./worker${path.extname(import.meta.url)}`, import.meta.url);

/**
 * A thread that turns volumes into DICOM objects; started when there is one. Sixty kilobytes of gzip are sixty million
 * voxels, which take seconds: nobody else waits for them. A thread that dies fails what it holds (INTERNAL, retryable)
 * and is replaced.
 */
export class NiftiWorkerPool implements AsyncDisposable {
  #pool: ThreadPool<WorkerMethods> | undefined;
  #isClosed = false;

  /**
   * As niftiToDicom.
   *
   * @param bytes stay as they are
   * @throws IMAGE_*; CANCELLED when `signal` aborts before the thread took it; SERVICE_UNAVAILABLE after the close
   */
  async toDicom(bytes: Uint8Array, options: NiftiToDicomOptions, task?: TaskOptions): Promise<Buffer> {
    if (this.#isClosed) throw new SulcusError('SERVICE_UNAVAILABLE', 'The threads are closing');
    this.#pool ??= new ThreadPool(() => new ThreadClient<WorkerMethods>(ENTRY, 'NIfTI worker'), {
      threads: 1,
      tasksPerThread: 1,
    });
    const object = await this.#pool.run((client) => {
      // A copy that can be handed over, made when its turn has come.
      const copy = new Uint8Array(bytes);
      return client.call('toDicom', { ...options, bytes: copy }, [copy.buffer]);
    }, task);
    return Buffer.from(object.buffer, object.byteOffset, object.byteLength);
  }

  /** Ends the thread when it has answered what it holds. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#pool?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
