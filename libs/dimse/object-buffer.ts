/** Where a sender's first object begins. */
const FIRST_BYTES = 64 * 1024;

/** What is larger is not kept for the next object: sixteen associations would hold a gigabyte. */
const MAX_KEPT_BYTES = 4 * 2 ** 20;

const NONE: Buffer = Buffer.alloc(0);

/**
 * A data set as it comes: each byte is copied once, when it comes, and not while its sender waits for the answer. Given
 * back, the buffer takes the next one: an association sends one at a time, and a new one for each would be what is
 * collected as garbage most.
 */
export class ObjectBuffer {
  #bytes: Buffer = NONE;
  #length = 0;
  /** Handed out and not given back. */
  #lent: Buffer | undefined;

  get length(): number {
    return this.#length;
  }

  add(part: Buffer): void {
    const end = this.#length + part.length;
    if (end > this.#bytes.length) this.#grow(end);
    part.copy(this.#bytes, this.#length);
    this.#length = end;
  }

  /** Forgets what has come. */
  clear(): void {
    this.#length = 0;
  }

  /** What has come, until it is given back; the next one begins. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#lent = this.#bytes;
    this.#bytes = NONE;
    this.#length = 0;
    return taken;
  }

  /** Nobody reads any more what was taken. Nothing happens where another was taken since. */
  giveBack(taken: Buffer): void {
    const lent = this.#lent;
    if (lent?.buffer !== taken.buffer) return;
    this.#lent = undefined;
    if (this.#bytes === NONE && lent.length <= MAX_KEPT_BYTES) this.#bytes = lent;
  }

  #grow(bytes: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * this.#bytes.length, FIRST_BYTES));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
