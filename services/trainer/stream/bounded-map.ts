/** A map that forgets what was set first once it holds more than its capacity. */
export class BoundedMap<V> {
  readonly #entries = new Map<string, V>();
  readonly #capacity: number;
  #forgotten = 0;

  constructor(capacity: number, entries: Iterable<readonly [string, V]> = []) {
    this.#capacity = capacity;
    for (const [key, value] of entries) this.set(key, value);
  }

  /** Entries that had to give way. */
  get forgotten(): number {
    return this.#forgotten;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  /** @returns the value that gives way for it */
  set(key: string, value: V): V | undefined {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#capacity) return undefined;
    const [oldest, gone] = this.#entries.entries().next().value!;
    this.#entries.delete(oldest);
    this.#forgotten++;
    return gone;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  values(): Iterable<V> {
    return this.#entries.values();
  }

  toRecord(): [string, V][] {
    return [...this.#entries];
  }
}
