import type { Socket } from 'node:net';

/** One direction of a connection: passes bytes on in order, late or not at all as it is told. */
export class Way {
  /** Milliseconds that everything is late. */
  latencyMs = 0;
  readonly #queue: { dueMs: number; bytes: Buffer }[] = [];
  #isHeld = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly to: Socket) {}

  pass(bytes: Buffer): void {
    this.#queue.push({ dueMs: performance.now() + this.latencyMs, bytes });
    this.#pump();
  }

  /** Keeps everything back, as a network does that swallows packets. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Passes on what was kept back: what TCP sends again once packets arrive. */
  release(): void {
    this.#isHeld = false;
    this.#pump();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#queue.length = 0;
  }

  #pump(): void {
    clearTimeout(this.#timer);
    while (!this.#isHeld && this.#queue.length > 0) {
      const waitMs = this.#queue[0]!.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#pump(), waitMs);
        return;
      }
      const { bytes } = this.#queue.shift()!;
      if (!this.to.destroyed) this.to.write(bytes);
    }
  }
}
