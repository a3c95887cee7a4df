import type { SpoolEntry } from './entry.js';

/** What is held of the newest samples: as much as is on its way to the core at a time. */
const MAX_BYTES = 16 * 2 ** 20;

/** The newest samples as they were written: on a line that carries them at once nobody reads them from the disk. */
export class FreshSamples {
  /** In the order in which they came. */
  readonly #held = new Map<SpoolEntry, Buffer>();
  #bytes = 0;

  add(entry: SpoolEntry, bytes: Buffer): void {
    if (bytes.length > MAX_BYTES) return;
    this.#held.set(entry, bytes);
    this.#bytes += bytes.length;
    for (const oldest of this.#held.keys()) {
      if (this.#bytes <= MAX_BYTES) return;
      this.delete(oldest);
    }
  }

  get(entry: SpoolEntry): Buffer | undefined {
    return this.#held.get(entry);
  }

  delete(entry: SpoolEntry): void {
    this.#bytes -= this.#held.get(entry)?.length ?? 0;
    this.#held.delete(entry);
  }
}
