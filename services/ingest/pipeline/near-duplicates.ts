import { followScanHashes, type Bus } from '#libs/bus';
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

/** The index is used as it is when the stream has not been read in this time. */
const READING_TIMEOUT_MS = 30_000;

/**
 * Finds pictures that were ingested before in another encoding or size, by their perceptual hashes: on two sides of a
 * split they would let a model be tested on what it was trained on. Learnt from the headers of SCANS; it costs nothing
 * until it is first asked.
 */
export class NearDuplicates {
  readonly #bus: Bus;
  readonly #pictures = new PictureIndex<KnownPicture>(CAPACITY);
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
    return this.#pictures.find(hash)?.picture;
  }

  add(picture: KnownPicture): void {
    this.#pictures.add(picture.sampleId, picture.hash, picture);
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
