import { SulcusError } from '#libs/errors';
import { PrepareWorker, type Prepared } from './prepare-worker.js';

/** The transform an image goes through, as its model card names it. */
export interface TransformRef {
  hash: string;
  /** Transform specification (see libs/imaging). */
  spec: unknown;
}

interface Task {
  transform: TransformRef;
  image: Uint8Array;
  resolve(prepared: Promise<Prepared>): void;
}

/** Images one worker holds at a time: while one is warped, the next is decoded in libvips' own threads. */
const IMAGES_PER_WORKER = 2;

/**
 * Decodes and transforms images in worker threads. Images wait here for a free worker in order of arrival; one whose
 * caller gives up meanwhile is dropped unseen. A worker that dies is replaced with the next image.
 */
export class PreparePool {
  readonly #size: number;
  readonly #workers: PrepareWorker[] = [];
  readonly #tasks: Task[] = [];
  #closed = false;

  constructor(options: { threads: number }) {
    this.#size = options.threads;
  }

  /** Starts every worker, so that the first image does not wait for one. */
  async start(): Promise<void> {
    while (this.#workers.length < this.#size) this.#addWorker();
    await Promise.all(this.#workers.map((worker) => worker.ready));
  }

  /**
   * @throws CANCELLED or DEADLINE_EXCEEDED when `signal` aborts before a worker took the image; IMAGE_* codes for bytes that
   * are no readable image, with `details.sampleId`
   */
  prepare(transform: TransformRef, image: Uint8Array, signal: AbortSignal): Promise<Prepared> {
    if (this.#closed) return Promise.reject(new SulcusError('SERVICE_UNAVAILABLE', 'The predictor is stopping'));
    if (signal.aborted) return Promise.reject(SulcusError.from(signal.reason));
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const index = this.#tasks.indexOf(task);
        if (index >= 0) this.#tasks.splice(index, 1);
        reject(SulcusError.from(signal.reason));
      };
      const task: Task = {
        transform,
        image,
        resolve: (prepared) => {
          signal.removeEventListener('abort', onAbort);
          resolve(prepared);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#tasks.push(task);
      this.#dispatch();
    });
  }

  /** Ends the workers when they have answered what they hold. Waiting images fail. */
  async close(): Promise<void> {
    this.#closed = true;
    const stopping = new SulcusError('SERVICE_UNAVAILABLE', 'The predictor is stopping');
    for (const task of this.#tasks.splice(0)) task.resolve(Promise.reject(stopping));
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }

  #dispatch(): void {
    while (this.#tasks.length > 0) {
      const worker = this.#freeWorker();
      if (!worker) return;
      const task = this.#tasks.shift()!;
      const prepared = worker.prepare(task.transform.hash, task.transform.spec, task.image);
      task.resolve(prepared);
      void prepared.catch(() => undefined).then(() => this.#dispatch());
    }
  }

  #freeWorker(): PrepareWorker | undefined {
    let best: PrepareWorker | undefined;
    for (const worker of this.#workers) if (!best || worker.load < best.load) best = worker;
    if (best && best.load === 0) return best;
    if (this.#workers.length < this.#size) return this.#addWorker();
    return best && best.load < IMAGES_PER_WORKER ? best : undefined;
  }

  #addWorker(): PrepareWorker {
    const worker = new PrepareWorker((gone) => this.#workers.splice(this.#workers.indexOf(gone), 1));
    this.#workers.push(worker);
    return worker;
  }
}
