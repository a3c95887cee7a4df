import { PictureIndex } from '#libs/imaging';
import type { AssignedSplit } from './splits.js';

/** An image that was ingested before, as far as it can look like another one. */
export interface KnownPicture {
  readonly sampleId: string;
  readonly split: AssignedSplit;
  readonly hash: Uint8Array;
}

/** Pictures that are remembered, the newest: 300 bytes each. */
const CAPACITY = 200_000;

/**
 * Finds pictures that were ingested before in another encoding or size, by their perceptual hashes: on two sides of a
 * split they would let a model be tested on what it was trained on.
 */
export class NearDuplicates {
  readonly #pictures = new PictureIndex<KnownPicture>(CAPACITY);

  /** The picture among those known that a picture is the same as, if any: the nearest. */
  find(hash: Uint8Array): KnownPicture | undefined {
    return this.#pictures.find(hash)?.picture;
  }

  add(picture: KnownPicture): void {
    this.#pictures.add(picture.sampleId, picture.hash, picture);
  }
}
