/** Places of a stream, one bit each. */
export class PlaceSet {
  #bits = new Uint8Array(1024);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** @returns false when it was there */
  add(place: number): boolean {
    const byte = Math.floor(place / 8);
    if (byte >= this.#bits.length) {
      const grown = new Uint8Array(Math.max(byte + 1, this.#bits.length * 2));
      grown.set(this.#bits);
      this.#bits = grown;
    }
    if (this.has(place)) return false;
    this.#bits[byte]! |= 1 << (place % 8);
    this.#count++;
    return true;
  }

  has(place: number): boolean {
    return ((this.#bits[Math.floor(place / 8)] ?? 0) & (1 << (place % 8))) !== 0;
  }

  /** Runs of places from `first` to `last` that are not there, in order. */
  *missing(first: number, last: number): Generator<{ first: number; last: number }> {
    let start: number | undefined;
    for (let place = first; place <= last; place++) {
      if (!this.has(place)) start ??= place;
      else if (start !== undefined) {
        yield { first: start, last: place - 1 };
        start = undefined;
      }
    }
    if (start !== undefined) yield { first: start, last };
  }
}
