import { perceptualDistance, SAME_PICTURE_DISTANCE } from './perceptual-hash.js';

/** A picture that looks the same as another one. */
export interface SamePicture<T> {
  readonly picture: T;
  /** Root mean square difference of the two hashes, 0 to {@link SAME_PICTURE_DISTANCE}. */
  readonly distance: number;
}

interface Indexed<T> {
  readonly picture: T;
  readonly hash: Uint8Array;
  /** Grows with every picture. */
  readonly number: number;
}

const COARSE_SIDE = 4;
const COARSE_AREAS = COARSE_SIDE ** 2;

/**
 * Pictures by what they look like: finds the one that another picture is the same as. A search compares a few numbers
 * with each of the pictures, 256 with the few that are left. 300 bytes a picture.
 */
export class PictureIndex<T> {
  readonly #slots = new Map<string, number>();
  readonly #pictures: Indexed<T>[] = [];
  /**
   * Means of 4 x 4 areas of each hash, one picture after the other: no two pictures are farther apart in these than in
   * all. In one piece, for a search reads them all.
   */
  #coarse = new Float32Array(COARSE_AREAS * 64);
  readonly #capacity: number;
  #added = 0;

  /** @param capacity pictures that are kept, the newest */
  constructor(capacity = Infinity) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#slots.size;
  }

  /**
   * @param key names the picture: one that is there under it is replaced
   * @param hash as `perceptualHash` makes it
   */
  add(key: string, hash: Uint8Array, picture: T): void {
    const slot = this.#slots.get(key) ?? this.#freeSlot();
    this.#slots.set(key, slot);
    this.#pictures[slot] = { picture, hash, number: this.#added++ };
    this.#coarse.set(coarseOf(hash), COARSE_AREAS * slot);
  }

  /** The picture that one with this hash is the same as, if any: the nearest, of equal ones the last. */
  find(hash: Uint8Array): SamePicture<T> | undefined {
    const coarse = coarseOf(hash);
    let nearest: (SamePicture<T> & { number: number }) | undefined;
    for (let slot = 0; slot < this.#pictures.length; slot++) {
      const limit = nearest?.distance ?? SAME_PICTURE_DISTANCE;
      if (!this.#isNear(slot, coarse, COARSE_AREAS * limit ** 2)) continue;
      const { picture, hash: its, number } = this.#pictures[slot]!;
      const distance = perceptualDistance(hash, its);
      if (distance < limit || (distance === limit && number > (nearest?.number ?? -1)))
        nearest = { picture, distance, number };
    }
    return nearest && { picture: nearest.picture, distance: nearest.distance };
  }

  /** Whether the squares of the differences sum up to no more than `limit`. */
  #isNear(slot: number, coarse: Float32Array, limit: number): boolean {
    const at = COARSE_AREAS * slot;
    let sum = 0;
    for (let index = 0; index < COARSE_AREAS && sum <= limit; index++) {
      const difference = coarse[index]! - this.#coarse[at + index]!;
      sum += difference * difference;
    }
    return sum <= limit;
  }

  /** A new one, or that of the oldest picture. */
  #freeSlot(): number {
    if (this.#slots.size >= this.#capacity) {
      const [key, slot] = this.#slots.entries().next().value!;
      this.#slots.delete(key);
      return slot;
    }
    const slot = this.#pictures.length;
    if (COARSE_AREAS * slot === this.#coarse.length) {
      const larger = new Float32Array(2 * this.#coarse.length);
      larger.set(this.#coarse);
      this.#coarse = larger;
    }
    return slot;
  }
}

function coarseOf(hash: Uint8Array): Float32Array {
  const side = Math.sqrt(hash.length);
  const block = side / COARSE_SIDE;
  const means = new Float32Array(COARSE_AREAS);
  hash.forEach((value, index) => {
    const [row, column] = [Math.floor(index / side / block), Math.floor((index % side) / block)];
    means[row * COARSE_SIDE + column]! += value / block ** 2;
  });
  return means;
}
