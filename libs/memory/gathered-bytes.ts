const FIRST_BLOCK_BYTES = 4096;
const BLOCK_BYTES = 256 * 1024;

/**
 * Bytes that come in pieces, put together. They are copied into blocks as they come: a buffer costs more than a hundred
 * bytes beside its own and keeps alive what it is cut from, so that whoever sends a byte at a time would have us hold a
 * hundred for each that a limit counts.
 */
export class GatheredBytes {
  #full: Buffer[] = [];
  #block: Buffer = Buffer.alloc(0);
  #used = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(piece: Uint8Array): void {
    for (let from = 0; from < piece.length; ) {
      if (this.#used === this.#block.length) this.#nextBlock();
      const taken = piece.subarray(from, from + this.#block.length - this.#used);
      this.#block.set(taken, this.#used);
      this.#used += taken.length;
      this.#length += taken.length;
      from += taken.length;
    }
  }

  /** All of it, which is then here no more. */
  take(): Buffer {
    const all = Buffer.concat([...this.#full, this.#block.subarray(0, this.#used)], this.#length);
    this.clear();
    return all;
  }

  clear(): void {
    this.#full = [];
    this.#block = Buffer.alloc(0);
    this.#used = 0;
    this.#length = 0;
  }

  /** As much again as is here, within bounds: what is short takes little room. */
  #nextBlock(): void {
    if (this.#used > 0) this.#full.push(this.#block);
    const bytes = Math.min(BLOCK_BYTES, Math.max(FIRST_BLOCK_BYTES, this.#length));
    this.#block = Buffer.allocUnsafeSlow(bytes);
    this.#used = 0;
  }
}
