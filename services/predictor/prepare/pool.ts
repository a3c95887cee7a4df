import path from 'node:path';
import { SulcusError } from '#libs/errors';
import { DEFAULT_PRIORITY, insertByPriority, PRIORITY_LEVELS, type Priority } from '../serving/priority.js';
import type { TransformMode } from '#libs/imaging';
import { ThreadClient } from '#libs/threads';
import type { ImageInput } from './image-format.js';
import type { DrawnHeatMap, HeatMapOrder } from '../explanations/draw.js';
import type { Prepared, PrepareMethods } from './thread.js';

/** The transform an image goes through, as its model card names it. */
export interface TransformRef {
  hash: string;
  /** Transform specification (see libs/imaging). */
  spec: unknown;
  /** Which of its ops; `train` only for ops whose dice have one side. Default: `eval`. */
  mode?: TransformMode;
}

interface Task {
  priority: Priority;
  /** Has a thread do it. */
  start(thread: PrepareThread): Promise<unknown>;
  fail(error: SulcusError): void;
}

interface PrepareThread {
  client: ThreadClient<PrepareMethods>;
  /** Hashes of the transforms it was told. */
  known: Set<string>;
  /** Images it holds. */
  load: number;
}

/** Images one thread holds at a time: while one is warped, the next is decoded in libvips' own threads. */
const IMAGES_PER_THREAD = 2;

const ENTRY = new URL(`./thread${path.extname(import.meta.url)}`, import.meta.url);

/**
 * Decodes and transforms images in worker threads. Images wait here for a free thread, urgent ones first, else in order of arrival; one whose
 * caller gives up meanwhile is dropped unseen. A thread that dies is replaced with the next image.
 */
export class PreparePool {
  readonly #size: number;
  readonly #threads: PrepareThread[] = [];
  readonly #tasks: Task[] = [];
  #closed = false;

  constructor(options: { threads: number }) {
    this.#size = options.threads;
  }

  /**
   * Has every thread load its code and the transform, so that the first image does not wait for it.
   *
   * @throws INTERNAL when a thread cannot start
   */
  async warmUp(transform: TransformRef): Promise<void> {
    while (this.#threads.length < this.#size) this.#addThread();
    await Promise.all(this.#threads.map((thread) => teach(thread, transform)));
  }

  /**
   * @throws CANCELLED or DEADLINE_EXCEEDED when `signal` aborts before a thread took the image; IMAGE_* codes for bytes that
   * are no readable image, INVALID_ARGUMENT for values that are no pixels; both with `details.sampleId`
   */
  prepare(
    transform: TransformRef,
    image: ImageInput,
    signal: AbortSignal,
    priority: Priority = DEFAULT_PRIORITY,
  ): Promise<Prepared> {
    return this.#inTurn((thread) => prepareIn(thread, transform, image), signal, priority);
  }

  /**
   * Draws an explanation, after all images that wait to be prepared.
   *
   * @throws CANCELLED or DEADLINE_EXCEEDED as {@link prepare}
   */
  drawHeatMap(transform: TransformRef, order: HeatMapOrder, signal: AbortSignal): Promise<DrawnHeatMap> {
    return this.#inTurn((thread) => drawIn(thread, transform, order), signal, PRIORITY_LEVELS);
  }

  #inTurn<T>(start: (thread: PrepareThread) => Promise<T>, signal: AbortSignal, priority: Priority): Promise<T> {
    if (this.#closed) return Promise.reject(stopping());
    if (signal.aborted) return Promise.reject(SulcusError.from(signal.reason));
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const index = this.#tasks.indexOf(task);
        if (index >= 0) this.#tasks.splice(index, 1);
        reject(SulcusError.from(signal.reason));
      };
      const settle = (result: Promise<T>): Promise<T> => {
        signal.removeEventListener('abort', onAbort);
        resolve(result);
        return result;
      };
      const task: Task = {
        priority,
        start: (thread) => settle(start(thread)),
        fail: (error) => void settle(Promise.reject(error)),
      };
      signal.addEventListener('abort', onAbort, { once: true });
      insertByPriority(this.#tasks, task);
      this.#dispatch();
    });
  }

  /** Ends the threads when they have answered what they hold. Waiting images fail. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const task of this.#tasks.splice(0)) task.fail(stopping());
    await Promise.all(this.#threads.map(({ client }) => client.close()));
  }

  #dispatch(): void {
    while (this.#tasks.length > 0) {
      const thread = this.#freeThread();
      if (!thread) return;
      const task = this.#tasks.shift()!;
      thread.load++;
      const done = task.start(thread).finally(() => {
        thread.load--;
        this.#dispatch();
      });
      done.catch(() => undefined); // the caller sees it, or may have given up and look no more
    }
  }

  #freeThread(): PrepareThread | undefined {
    let best: PrepareThread | undefined;
    for (const thread of this.#threads) if (!best || thread.load < best.load) best = thread;
    if (best && best.load === 0) return best;
    if (this.#threads.length < this.#size) return this.#addThread();
    return best && best.load < IMAGES_PER_THREAD ? best : undefined;
  }

  #addThread(): PrepareThread {
    const thread = {
      client: new ThreadClient<PrepareMethods>(ENTRY, 'prepare thread'),
      known: new Set<string>(),
      load: 0,
    };
    this.#threads.push(thread);
    void thread.client.exited.then(() => this.#threads.splice(this.#threads.indexOf(thread), 1));
    return thread;
  }
}

/** Messages keep their order, so an image may follow its transform without waiting for the answer. */
async function teach({ client, known }: PrepareThread, transform: TransformRef): Promise<void> {
  if (known.has(transform.hash)) return;
  known.add(transform.hash);
  await client.call('learn', transform);
}

async function prepareIn(thread: PrepareThread, transform: TransformRef, image: ImageInput): Promise<Prepared> {
  teach(thread, transform).catch(() => undefined); // a transform that is refused shows in the image's answer
  const bytes = ownBytes(image.bytes);
  return await thread.client.call('prepare', { transformHash: transform.hash, image: bytes, format: image.format }, [
    bytes.buffer,
  ]);
}

async function drawIn(
  thread: PrepareThread,
  transform: TransformRef,
  { image, heatMap, form }: HeatMapOrder,
): Promise<DrawnHeatMap> {
  teach(thread, transform).catch(() => undefined);
  const bytes = ownBytes(image);
  return await thread.client.call('draw', { transformHash: transform.hash, image: bytes, heatMap, form }, [
    bytes.buffer,
  ]);
}

/** A view may lie in a larger buffer, which posting would copy whole: take exactly these bytes, to be moved. */
const ownBytes = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

const stopping = (): SulcusError => new SulcusError('SERVICE_UNAVAILABLE', 'The predictor is stopping');
