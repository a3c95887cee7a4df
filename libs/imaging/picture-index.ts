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
  /** Means of 4 x 4 areas of the hash: no two pictures are farther apart in these than in all. */
  readonly coarse: Float32Array;
}

/**
 * Pictures by what they look like: finds the one that another picture is the same as. A search compares 16 numbers with
 * each of the pictures, 256 with the few that are left. 300 bytes a picture.
 */
export class PictureIndex<T> {
  readonly #pictures = new Map<string, Indexed<T>>();
  readonly #capacity: number;

  /** @param capacity pictures that are kept, the newest */
  constructor(capacity = Infinity) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#pictures.size;
  }

  /**
   * @param key names the picture: one that is there under it is replaced
   * @param hash as `perceptualHash` makes it
   */
  add(key: string, hash: Uint8Array, picture: T): void {
    this.#pictures.set(key, { picture, hash, coarse: coarseOf(hash) });
    if (this.#pictures.size > this.#capacity) this.#pictures.delete(this.#pictures.keys().next().value!);
  }

  /** The picture that one with this hash is the same as, if any: the nearest, of equal ones the last. */
  find(hash: Uint8Array): SamePicture<T> | undefined {
    const coarse = coarseOf(hash);
    let nearest: SamePicture<T> | undefined;
    for (const { picture, hash: its, coarse: itsCoarse } of this.#pictures.values()) {
      const limit = nearest?.distance ?? SAME_PICTURE_DISTANCE;
      if (coarseDistance(coarse, itsCoarse) > limit) continue;
      const distance = perceptualDistance(hash, its);
      if (distance <= limit) nearest = { picture, distance };
    }
    return nearest;
  }
}

const COARSE_SIDE = 4;

function coarseOf(hash: Uint8Array): Float32Array {
  const side = Math.sqrt(hash.length);
  const block = side / COARSE_SIDE;
  const means = new Float32Array(COARSE_SIDE * COARSE_SIDE);
  hash.forEach((value, index) => {
    const [row, column] = [Math.floor(index / side / block), Math.floor((index % side) / block)];
    means[row * COARSE_SIDE + column]! += value / block ** 2;
  });
  return means;
}

function coarseDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index]! - b[index]!) ** 2;
  return Math.sqrt(sum / a.length);
}
