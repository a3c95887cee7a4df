import type { SpoolEntry } from '../spool/entry.js';

export interface FlightLimits {
  maxSamples: number;
  maxBytes: number;
}

/** Samples on their way over one call, in the order in which they were sent and will be acknowledged. */
export class Flight {
  readonly #limits: FlightLimits;
  readonly #entries: SpoolEntry[] = [];
  #bytes = 0;
  /** The call has ended: nothing more is sent over it. */
  isOver = false;

  constructor(limits: FlightLimits) {
    this.#limits = limits;
  }

  /** One goes always, however large. */
  hasRoom(): boolean {
    const { maxSamples, maxBytes } = this.#limits;
    return this.#entries.length === 0 || (this.#entries.length < maxSamples && this.#bytes < maxBytes);
  }

  push(entry: SpoolEntry): void {
    this.#entries.push(entry);
    this.#bytes += entry.sizeBytes;
  }

  /** The sample that was sent first. */
  shift(): SpoolEntry | undefined {
    const entry = this.#entries.shift();
    if (entry) this.#bytes -= entry.sizeBytes;
    return entry;
  }

  get first(): SpoolEntry | undefined {
    return this.#entries[0];
  }

  /** Ends it. @returns what was not acknowledged */
  close(): readonly SpoolEntry[] {
    this.isOver = true;
    return this.#entries.splice(0);
  }
}
