import { collectGarbage } from '#libs/memory';

/** Behind the last frame of any call. */
const IDLE_MS = 2000;
/** What is worth a collection, which takes some 30 ms. */
const LARGE_BYTES = 16 * 2 ** 20;

/**
 * Gives back what the messages of others have left: a process that has nothing to do collects no garbage, and the
 * buffers of what was refused would lie in its memory for as long. Once for each pause.
 */
export class IdleMemory {
  #lookedMs = 0;
  /** The least that was seen since the last collection. */
  #floorBytes = Number.POSITIVE_INFINITY;

  /** Called regularly. @param lastFrameMs when the newest frame came, by `performance.now()` */
  look(lastFrameMs: number): void {
    const { heapTotal, external } = process.memoryUsage();
    const bytes = heapTotal + external;
    this.#floorBytes = Math.min(this.#floorBytes, bytes);
    if (this.#lookedMs >= lastFrameMs || performance.now() - lastFrameMs < IDLE_MS) return;
    this.#lookedMs = performance.now();
    if (bytes - this.#floorBytes < LARGE_BYTES) return;
    collectGarbage();
    this.#floorBytes = Number.POSITIVE_INFINITY;
  }
}
