import { SulcusError } from '#libs/errors';

/** What somebody holds of a bounded amount, while more is to come. */
export interface Holding {
  /**
   * Counts what has come; 0 says that the holder moves. To make room, the holding that has waited longest is told to
   * give up, when it has waited for a second or more.
   *
   * @throws BACKPRESSURE when there is no room
   */
  grow(amount: number): void;
  /** All has come: from now on it makes room for nobody. */
  keep(): void;
  /** Gives everything back. */
  release(): void;
}

/** Whoever has waited less may be in the middle of things. */
const GIVES_WAY_AFTER_MS = 1000;

interface Held {
  amount: number;
  lastMs: number;
  evict: (error: SulcusError) => void;
}

/** Bounds an amount, of bytes or places, that many hold for a time. What stands still cannot keep out what moves. */
export class Holdings {
  readonly #limit: number;
  readonly #describe: (amount: number) => string;
  /** Those that hold something, the one that moved longest ago first. */
  readonly #held = new Set<Held>();
  #amount = 0;

  /** @param describe says what is held, as the beginning of a sentence: "12 bytes of unfinished messages" */
  constructor(limit: number, describe: (amount: number) => string) {
    this.#limit = limit;
    this.#describe = describe;
  }

  /** Of all holdings together. */
  get amount(): number {
    return this.#amount;
  }

  /** @param evict told when the holding was given up for another: what it held no longer counts */
  hold(evict: (error: SulcusError) => void): Holding {
    const held: Held = { amount: 0, lastMs: performance.now(), evict };
    const isLast = (): void => {
      this.#held.delete(held);
      this.#held.add(held);
    };
    return {
      grow: (amount) => {
        if (amount > this.#limit) throw this.#full();
        while (amount > 0 && this.#amount + amount > this.#limit) this.#evictOldest(held);
        this.#amount += amount;
        held.amount += amount;
        held.lastMs = performance.now();
        isLast();
      },
      keep: () => {
        held.lastMs = Number.POSITIVE_INFINITY;
        isLast();
      },
      release: () => this.#drop(held),
    };
  }

  #evictOldest(asking: Held): void {
    for (const oldest of this.#held) {
      if (oldest === asking || oldest.amount === 0 || oldest.lastMs === Number.POSITIVE_INFINITY) continue;
      if (performance.now() - oldest.lastMs < GIVES_WAY_AFTER_MS) break;
      const error = this.#full();
      this.#drop(oldest);
      oldest.evict(error);
      return;
    }
    throw this.#full();
  }

  #drop(held: Held): void {
    this.#held.delete(held);
    this.#amount -= held.amount;
    held.amount = 0;
  }

  #full(): SulcusError {
    return new SulcusError('BACKPRESSURE', `${this.#describe(this.#amount)}: try again in a moment`, {
      details: { held: this.#amount, limit: this.#limit },
    });
  }
}
