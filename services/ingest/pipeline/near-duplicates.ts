import { followScanHashes, type Bus } from '#libs/bus';
import { perceptualDistance, SAME_PICTURE_DISTANCE } from '#libs/imaging';
import type { AssignedSplit } from './splits.js';

/** An image that was ingested before, as far as it can look like another one. */
export interface KnownPicture {
  readonly sampleId: string;
  readonly split: AssignedSplit;
  readonly hash: Uint8Array;
}

interface IndexedPicture extends KnownPicture {
  /** Means of 4 x 4 areas of the hash: no two pictures are farther apart in these than in all. */
  readonly coarse: Float32Array;
}

/** Pictures that are remembered, the newest: 300 bytes each. */
const CAPACITY = 200_000;

/** The index is used as it is when the stream has not been read in this time. */
const READING_TIMEOUT_MS = 30_000;

/**
 * Finds pictures that were ingested before in another encoding or size, by their perceptual hashes: on two sides of a
 * split they would let a model be tested on what it was trained on. Learnt from the headers of SCANS; it costs nothing
 * until it is first asked.
 */
export class NearDuplicates {
  readonly #bus: Bus;
  readonly #pictures = new Map<string, IndexedPicture>();
  #read: Promise<void> | undefined;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  /** Resolves when what was stored before is known. */
  ready(): Promise<void> {
    this.#read ??= this.#readStored();
    return this.#read;
  }

  /** The picture among those known that a picture is the same as, if any: the nearest. */
  find(hash: Uint8Array): KnownPicture | undefined {
    const coarse = coarseOf(hash);
    let [nearest, nearestDistance]: [KnownPicture | undefined, number] = [undefined, SAME_PICTURE_DISTANCE];
    for (const picture of this.#pictures.values()) {
      if (distance(coarse, picture.coarse) > nearestDistance) continue;
      const found = perceptualDistance(hash, picture.hash);
      if (found <= nearestDistance) [nearest, nearestDistance] = [picture, found];
    }
    return nearest;
  }

  add({ sampleId, split, hash }: KnownPicture): void {
    this.#pictures.set(sampleId, { sampleId, split, hash, coarse: coarseOf(hash) });
    if (this.#pictures.size > CAPACITY) this.#pictures.delete(this.#pictures.keys().next().value!);
  }

  async #readStored(): Promise<void> {
    const signal = AbortSignal.timeout(READING_TIMEOUT_MS);
    try {
      for await (const { sampleId, split, hash } of followScanHashes(this.#bus, { signal, storedOnly: true }))
        if (split !== 'SPLIT_UNSPECIFIED') this.add({ sampleId, split, hash });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
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

function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index]! - b[index]!) ** 2;
  return Math.sqrt(sum / a.length);
}
