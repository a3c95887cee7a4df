/** A place in a line. */
export interface Ticket {
  /** Resolves when every ticket before this one is released. */
  readonly ready: Promise<void>;
  /** Lets the next ticket go. May be called more than once. */
  release(): void;
}

/** Hands out places in a line, so that what was prepared in parallel is sent in its original order. */
export class Sequencer {
  #last: Promise<void> = Promise.resolve();

  next(): Ticket {
    const ready = this.#last;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    this.#last = ready.then(() => released);
    return { ready, release };
  }
}
