import { createHash } from 'node:crypto';

const WORDS = 4;

/**
 * Numbers names in the order of their first appearance, by 128 bits of each: of a hash in hexadecimal its first ones,
 * of anything else those of its SHA-256. A million take 48 MB at most, a quarter of what a map of strings takes.
 * (Two names of the same 128 bits: a chance of 1 in 10^26 among a million.)
 */
export class IdentityTable {
  #keys = new Uint32Array(1024 * WORDS);
  /** Open addressing, linear: number + 1 of who lies there. */
  #slots = new Uint32Array(4096);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The number of a name, from 0; a new one when it has none yet. */
  add(name: string): number {
    const key = keyOf(name);
    const slot = this.#slotOf(key);
    if (this.#slots[slot] !== 0) return this.#slots[slot]! - 1;
    if ((this.#size + 1) * WORDS > this.#keys.length) this.#keys = doubled(this.#keys);
    this.#keys.set(key, this.#size * WORDS);
    this.#slots[slot] = ++this.#size;
    if (this.#size * 2 > this.#slots.length) this.#rehash();
    return this.#size - 1;
  }

  /** The number of a name; undefined when it has none. */
  find(name: string): number | undefined {
    const found = this.#slots[this.#slotOf(keyOf(name))]!;
    return found === 0 ? undefined : found - 1;
  }

  /** The first 32 hexadecimal digits of the name of a number. */
  beginning(number: number): string {
    return [...this.#keys.subarray(number * WORDS, (number + 1) * WORDS)]
      .map((word) => word.toString(16).padStart(8, '0'))
      .join('');
  }

  #slotOf(key: Uint32Array): number {
    const mask = this.#slots.length - 1;
    for (let slot = (key[0]! ^ (key[2]! << 7)) & mask; ; slot = (slot + 1) & mask) {
      const found = this.#slots[slot]!;
      if (found === 0 || this.#isAt(found - 1, key)) return slot;
    }
  }

  #isAt(number: number, key: Uint32Array): boolean {
    const start = number * WORDS;
    for (let word = 0; word < WORDS; word++) if (this.#keys[start + word] !== key[word]) return false;
    return true;
  }

  #rehash(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let number = 0; number < this.#size; number++) {
      const key = this.#keys.subarray(number * WORDS, (number + 1) * WORDS);
      this.#slots[this.#slotOf(key)] = number + 1;
    }
  }
}

/** Written over by each call: a million of them need no million arrays. */
const scratch = new Uint32Array(WORDS);

function keyOf(name: string): Uint32Array {
  const hex = /^[0-9a-f]{64}$/.test(name) ? name : createHash('sha256').update(name).digest('hex');
  for (let word = 0; word < WORDS; word++) scratch[word] = Number.parseInt(hex.slice(word * 8, word * 8 + 8), 16);
  return scratch;
}

function doubled(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(array.length * 2);
  grown.set(array);
  return grown;
}
