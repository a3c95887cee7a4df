import { Notifier } from '#libs/async';
import { SulcusError } from '#libs/errors';
import { LIMITS } from '#libs/limits';

/**
 * Bounds the encoded images of all uploads together: from being read until they are stored or refused. A stream is read
 * no further until there is room, and so slows its sender.
 */
export class UploadRoom {
  readonly #maxBytes: number;
  #bytes = 0;
  readonly #released = new Notifier();

  constructor(maxBytes: number = LIMITS.uploadBytes.value) {
    this.#maxBytes = maxBytes;
  }

  /** Waits for room; one image is taken when nothing else is in. @returns what gives the room back, called once */
  async acquire(sizeBytes: number, signal: AbortSignal): Promise<() => void> {
    while (!signal.aborted && this.#bytes > 0 && this.#bytes + sizeBytes > this.#maxBytes)
      await this.#released.wait(signal);
    if (signal.aborted) throw SulcusError.from(signal.reason);
    this.#bytes += sizeBytes;
    return () => {
      this.#bytes -= sizeBytes;
      this.#released.notify();
    };
  }
}
