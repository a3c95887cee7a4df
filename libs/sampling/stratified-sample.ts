import { createHash } from 'node:crypto';
import { SulcusError } from '#libs/errors';
import type { Random } from '#libs/random';

/** What can be sampled: something with an identity. */
export interface Item {
  readonly id: string;
}

/** How much is kept: in all, shared out evenly over the strata; or of each stratum. */
export type Capacity = { readonly total: number } | { readonly perStratum: number };

interface Entry<T> {
  readonly key: number;
  readonly item: T;
}

/** Which of several candidates is taken: of those with the lowest rank the first. */
export interface Preference<T> {
  /** At least 1. */
  readonly candidates: number;
  /** Share of the draws in which it counts; in the others the first candidate is taken. Default: 1. */
  readonly share?: number;
  rank(item: T): number;
}

function preferred<T>(first: T, candidate: () => T, preference?: Preference<T>): T {
  let taken = first;
  for (let drawn = 1; preference && drawn < preference.candidates; drawn++) {
    const other = candidate();
    if (preference.rank(other) < preference.rank(taken)) taken = other;
  }
  return taken;
}

/** Share of the further candidates that are of any stratum, not of the first one's. */
const OTHER_STRATUM = 0.5;

/** Draws that may hit what was drawn already before {@link StratifiedSample.draw} gives up on a place. */
const MAX_COLLISIONS = 32;

/**
 * A bounded sample of everything that ever came, balanced over strata such as class and site: of each stratum it
 * holds the items with the smallest keyed hashes.
 *
 * The content is a function of the set of items, the key and the capacity alone: the order of arrival, restarts and the
 * number of workers change nothing, and two samples can be merged. Each item of a stratum is as likely to be held as
 * any other.
 * The distribution is that of reservoir sampling (Vitter 1985, "Random sampling with a reservoir", ACM TOMS 11) per
 * stratum; the way is bottom-k sampling (Cohen & Kaplan 2007, "Summarizing data using bottom-k sketches", PODC).
 *
 * What was taken away ({@link remove}) leaves its place to what comes: items that gave way before do not come back.
 */
export class StratifiedSample<T extends Item> {
  readonly #key: string;
  readonly #capacity: Capacity;
  /** Per stratum, by rising key. */
  readonly #strata = new Map<string, Entry<T>[]>();
  readonly #stratumOf = new Map<string, string>();

  /**
   * @param key of the hash: another key, another sample
   * @throws INVALID_ARGUMENT for a capacity below 1
   */
  constructor(key: string, capacity: Capacity) {
    const places = 'total' in capacity ? capacity.total : capacity.perStratum;
    if (!Number.isSafeInteger(places) || places < 1) {
      throw new SulcusError('INVALID_ARGUMENT', `A sample holds at least 1 item, not ${places}`);
    }
    this.#key = key;
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#stratumOf.size;
  }

  /** Number of items held of each stratum, by name. */
  get sizes(): Record<string, number> {
    return Object.fromEntries(this.#names().map((name) => [name, this.#strata.get(name)!.length]));
  }

  has(id: string): boolean {
    return this.#stratumOf.has(id);
  }

  /** The items held, stratum by stratum in the order of their names, by rising hash: the same whatever came first. */
  *items(): Generator<T> {
    for (const name of this.#names()) for (const { item } of this.#strata.get(name)!) yield item;
  }

  /**
   * Offers an item; offered again under another stratum, it moves there.
   *
   * @returns the item that gives way for it: possibly itself; undefined while there is room
   */
  add(stratum: string, item: T): T | undefined {
    if (this.#stratumOf.get(item.id) === stratum) return undefined;
    this.remove(item.id);
    const entries = this.#strata.get(stratum) ?? [];
    const entry = { key: this.#hash(item.id), item };
    entries.splice(this.#place(entries, entry), 0, entry);
    this.#strata.set(stratum, entries);
    this.#stratumOf.set(item.id, stratum);
    return this.#shrink(stratum);
  }

  /** Takes an item away, for example one that was withdrawn. */
  remove(id: string): T | undefined {
    const stratum = this.#stratumOf.get(id);
    if (stratum === undefined) return undefined;
    const entries = this.#strata.get(stratum)!;
    const [removed] = entries.splice(
      entries.findIndex(({ item }) => item.id === id),
      1,
    );
    this.#stratumOf.delete(id);
    if (entries.length === 0) this.#strata.delete(stratum);
    return removed!.item;
  }

  /**
   * Draws items, each stratum as likely as any other and each item within it; none twice as long as there are others.
   * A function of the random stream and the content.
   *
   * @param preference of several candidates, each drawn like that, the one of the lowest rank is taken
   */
  draw(random: Random, count: number, preference?: Preference<T>): T[] {
    const names = this.#names();
    const anyOf = (entries: readonly Entry<T>[]): T => entries[random.integer(0, entries.length - 1)]!.item;
    const stratum = (): readonly Entry<T>[] => this.#strata.get(names[random.integer(0, names.length - 1)]!)!;
    const drawn = new Set<T>();
    const result: T[] = [];
    for (let place = 0; place < count && names.length > 0; place++) {
      let item: T;
      let collisions = 0;
      do {
        const own = stratum();
        const other = (): T => anyOf(random.uniform(0, 1) < OTHER_STRATUM ? stratum() : own);
        const counts = preference?.share === undefined || random.uniform(0, 1) < preference.share;
        item = preferred(anyOf(own), other, counts ? preference : undefined);
      } while (drawn.has(item) && drawn.size < this.size && ++collisions < MAX_COLLISIONS);
      drawn.add(item);
      result.push(item);
    }
    return result;
  }

  /** The items by stratum, for a checkpoint; {@link add} in any order restores the sample. */
  toRecord(): { stratum: string; item: T }[] {
    return this.#names().flatMap((stratum) => this.#strata.get(stratum)!.map(({ item }) => ({ stratum, item })));
  }

  #names(): string[] {
    return [...this.#strata.keys()].sort();
  }

  #hash(id: string): number {
    return createHash('sha256').update(`${this.#key} ${id}`).digest().readUIntBE(0, 6);
  }

  #place(entries: readonly Entry<T>[], { key, item }: Entry<T>): number {
    let [low, high] = [0, entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = entries[middle]!;
      if (other.key < key || (other.key === key && other.item.id < item.id)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #shrink(stratum: string): T | undefined {
    if ('perStratum' in this.#capacity) {
      return this.#strata.get(stratum)!.length > this.#capacity.perStratum ? this.#evict(stratum) : undefined;
    }
    return this.size > this.#capacity.total ? this.#evict(this.#fullest()) : undefined;
  }

  /**
   * The stratum with the most items; of equal ones the last by name, so that the outcome does not depend on what came
   * first.
   */
  #fullest(): string {
    return this.#names().reduce((fullest, name) =>
      this.#strata.get(name)!.length >= this.#strata.get(fullest)!.length ? name : fullest,
    );
  }

  #evict(stratum: string): T {
    const { item } = this.#strata.get(stratum)!.pop()!;
    this.#stratumOf.delete(item.id);
    return item;
  }
}
