import type { PreparedSample } from './prepared-sample.js';

/** Bookkeeping of one entry, roughly. */
const ENTRY_BYTES = 512;

/** Prepared samples in memory, at most so many bytes of them; the least recently used go first. */
export class SampleCache {
  readonly #maxBytes: number;
  /** Oldest use first. */
  readonly #entries = new Map<string, PreparedSample>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes in use. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): PreparedSample | undefined {
    const sample = this.#entries.get(key);
    if (sample) {
      this.#entries.delete(key);
      this.#entries.set(key, sample);
    }
    return sample;
  }

  /** Keeps a sample, unless it alone is larger than the cache. */
  set(key: string, sample: PreparedSample): void {
    const bytes = sizeOf(sample);
    this.#remove(key);
    if (bytes > this.#maxBytes) return;
    this.#entries.set(key, sample);
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#remove(oldest);
    }
  }

  #remove(key: string): void {
    const sample = this.#entries.get(key);
    if (!sample) return;
    this.#entries.delete(key);
    this.#bytes -= sizeOf(sample);
  }
}

const sizeOf = ({ prepared }: PreparedSample): number => prepared.image.data.byteLength + ENTRY_BYTES;
