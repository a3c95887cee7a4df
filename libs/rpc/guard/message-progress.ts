/** Bytes in front of each message: whether it is compressed, and its length. */
const PREFIX_BYTES = 5;

/**
 * Follows the messages of one call as their frames come, in the framing of gRPC
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md): how much of an unfinished one is here.
 */
export class MessageProgress {
  readonly #prefix = Buffer.alloc(PREFIX_BYTES);
  #prefixBytes = 0;
  #left = 0;
  #bytes = 0;

  /** Bytes that are here of a message that has begun and not ended; 0 between messages. */
  get unfinishedBytes(): number {
    return this.#bytes;
  }

  take(data: Buffer): void {
    for (let at = 0; at < data.length; ) {
      if (this.#prefixBytes < PREFIX_BYTES) {
        const taken = data.copy(this.#prefix, this.#prefixBytes, at);
        this.#prefixBytes += taken;
        this.#bytes += taken;
        at += taken;
        if (this.#prefixBytes === PREFIX_BYTES) this.#left = this.#prefix.readUInt32BE(1);
      } else {
        const taken = Math.min(this.#left, data.length - at);
        this.#left -= taken;
        this.#bytes += taken;
        at += taken;
      }
      if (this.#prefixBytes === PREFIX_BYTES && this.#left === 0) {
        this.#prefixBytes = 0;
        this.#bytes = 0;
      }
    }
  }
}
