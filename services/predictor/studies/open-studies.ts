/**
 * The studies that slices are still expected of. A study is due when no slice of it has come for the idle time; a slice
 * that comes later opens it again.
 */
export class OpenStudies {
  readonly #idleMs: number;
  /** When the newest slice came; in the order of those times. */
  readonly #arrivals = new Map<string, number>();

  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  get size(): number {
    return this.#arrivals.size;
  }

  /** A slice has come. */
  touch(studyId: string, arrivedUnixMs: number): void {
    this.#arrivals.delete(studyId);
    this.#arrivals.set(studyId, arrivedUnixMs);
  }

  /** The study that is due first, and when. */
  next(): { studyId: string; dueUnixMs: number } | undefined {
    const [first] = this.#arrivals;
    return first && { studyId: first[0], dueUnixMs: first[1] + this.#idleMs };
  }

  /** A study was dealt with as it was at its due time; it stays open when a slice has come since. */
  close(studyId: string, dueUnixMs: number): void {
    if (this.#arrivals.get(studyId) === dueUnixMs - this.#idleMs) this.#arrivals.delete(studyId);
  }
}
