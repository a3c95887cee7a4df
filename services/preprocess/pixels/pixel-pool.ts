import type { DecodeLimits, PreparedImage } from '#libs/imaging';
import { ThreadClient } from '#libs/threads';
import type { TransformReference } from '../transform-library.js';
import type { ApplyOrder, PixelThreadMethods } from './pixel-thread.js';

type PixelThread = ThreadClient<PixelThreadMethods>;

/** Sources beside sources, compiled code beside compiled code. */
const ENTRY = new URL(`./pixel-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** Images that go to a thread at once: enough to make a message cheap, few enough to share a batch out evenly. */
const IMAGES_PER_ORDER = 8;

/**
 * Threads that share the work on pixels. What a thread had in hand when it ended fails and may be tried again; another
 * thread takes its place when there is work for it.
 */
export class PixelPool implements AsyncDisposable {
  readonly #limits: Required<DecodeLimits>;
  readonly #threads: (PixelThread | undefined)[];

  /** @param threads how many, at least 1 */
  constructor(threads: number, limits: Required<DecodeLimits>) {
    this.#limits = limits;
    this.#threads = Array.from({ length: threads }, (_, index) => this.#start(index));
  }

  /**
   * Decodes a file and does everything that needs no random numbers.
   *
   * @returns the image in shared memory
   * @throws IMAGE_* for what decoding refuses; INTERNAL (retryable) when the thread ends
   */
  prepare(bytes: Uint8Array, transform: TransformReference): Promise<PreparedImage> {
    return this.#idlest().call('prepare', { bytes, transform, limits: this.#limits });
  }

  /** Does the rest of a transform for many images at once, written to `order.output`. */
  async apply(order: ApplyOrder): Promise<void> {
    const { samples, output } = order;
    const bytesPerImage = output.length / Math.max(1, samples.length);
    const parts: Promise<void>[] = [];
    for (let from = 0; from < samples.length; from += IMAGES_PER_ORDER) {
      const part = samples.slice(from, from + IMAGES_PER_ORDER);
      parts.push(
        this.#idlest().call('apply', {
          ...order,
          samples: part,
          output: output.subarray(from * bytesPerImage, (from + part.length) * bytesPerImage),
        }),
      );
    }
    await Promise.all(parts);
  }

  /** Lets the threads finish what they hold and ends them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map(async (thread) => thread?.close()));
  }

  #idlest(): PixelThread {
    const running = this.#threads.map((thread, index) => thread ?? (this.#threads[index] = this.#start(index)));
    return running.reduce((best, thread) => (thread.load < best.load ? thread : best));
  }

  #start(index: number): PixelThread {
    const thread: PixelThread = new ThreadClient(ENTRY, 'pixel thread');
    void thread.exited.then(() => {
      this.#threads[index] = undefined;
    });
    return thread;
  }
}
