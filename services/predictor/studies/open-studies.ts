/** A study that is due next. */
export interface DueStudy {
  studyId: string;
  /** When its idle time ends. */
  dueUnixMs: number;
  /** Nothing more is expected of it: it is due now. */
  isComplete: boolean;
}

/**
 * The studies that slices are still expected of. A study is due when it is complete, or no slice of it has come for the
 * idle time; a slice that comes later opens it again.
 */
export class OpenStudies {
  readonly #idleMs: number;
  /** When the newest slice came; in the order of those times. */
  readonly #arrivals = new Map<string, number>();
  readonly #complete = new Set<string>();

  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  get size(): number {
    return this.#arrivals.size;
  }

  /** A slice has come. */
  touch(studyId: string, arrivedUnixMs: number): void {
    this.#complete.delete(studyId);
    this.#arrivals.delete(studyId);
    this.#arrivals.set(studyId, arrivedUnixMs);
  }

  /** Everything of a study has come; nothing happens for one that is not open. */
  complete(studyId: string): void {
    if (this.#arrivals.has(studyId)) this.#complete.add(studyId);
  }

  /** The study that is due first: complete ones, then by the ends of their idle times. */
  next(): DueStudy | undefined {
    const [complete] = this.#complete;
    const first = complete ?? this.#arrivals.keys().next().value;
    if (first === undefined) return undefined;
    const dueUnixMs = this.#arrivals.get(first)! + this.#idleMs;
    return { studyId: first, dueUnixMs, isComplete: complete !== undefined };
  }

  /** A study was dealt with as it was at its due time; it stays open when a slice has come since. */
  close(studyId: string, dueUnixMs: number): void {
    if (this.#arrivals.get(studyId) !== dueUnixMs - this.#idleMs) return;
    this.#arrivals.delete(studyId);
    this.#complete.delete(studyId);
  }
}
