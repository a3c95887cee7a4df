import { PictureIndex } from '#libs/imaging';
import type { Picture, Refused } from './read-pictures.js';

/** Two names of one picture. */
export interface Pair {
  /** In the first set. */
  first: string;
  /** In the second set, or later in the first. */
  second: string;
  /** `file`: the same bytes; `picture`: the same picture in another encoding, quality or size. */
  same: 'file' | 'picture';
  /** Root mean square difference of the perceptual hashes, in 255ths of the picture's range of brightness. */
  distance: number;
}

/** Pairs that are kept; all are counted. */
export const MAX_LISTED_PAIRS = 1000;

/** What two sets share, or what occurs more than once in a set. A contract: scripts read it. */
export interface SharedPictures {
  /** Pictures that were looked at; of the first set alone: `second` is absent. */
  pictures: { first: number; second?: number };
  /** Pictures of the second set that are in the first: same files, and other files with the same picture. */
  shared: { files: number; pictures: number };
  pairs: Pair[];
  /** Pairs beyond those that are listed. */
  notListed: number;
  /** Files that are no pictures. */
  refused: { name: string; code: string; message: string }[];
}

type Pictures = AsyncIterable<Picture | Refused>;

/**
 * Finds the pictures of the second set that are in the first; without a second, those that the first holds before.
 * The first set is kept in memory, 600 bytes a picture; the second is not.
 */
export async function compareSets(first: Pictures, second?: Pictures): Promise<SharedPictures> {
  const result: SharedPictures = {
    pictures: { first: 0 },
    shared: { files: 0, pictures: 0 },
    pairs: [],
    notListed: 0,
    refused: [],
  };
  const files = new Map<string, string>();
  const index = new PictureIndex<string>();
  for await (const picture of accepted(first, result)) {
    result.pictures.first++;
    if (second === undefined) look(picture);
    if (!files.has(picture.sampleId)) {
      files.set(picture.sampleId, picture.name);
      index.add(picture.sampleId, picture.hash, picture.name);
    }
  }
  if (second === undefined) return result;
  let count = 0;
  for await (const picture of accepted(second, result)) {
    count++;
    look(picture);
  }
  return { ...result, pictures: { ...result.pictures, second: count } };

  function look({ name, sampleId, hash }: Picture): void {
    const sameFile = files.get(sampleId);
    const found = sameFile === undefined ? index.find(hash) : { picture: sameFile, distance: 0 };
    if (!found) return;
    const same = sameFile === undefined ? 'picture' : 'file';
    result.shared[same === 'file' ? 'files' : 'pictures']++;
    if (result.pairs.length === MAX_LISTED_PAIRS) result.notListed++;
    else result.pairs.push({ first: found.picture, second: name, same, distance: found.distance });
  }
}

async function* accepted(pictures: Pictures, { refused }: SharedPictures): AsyncGenerator<Picture> {
  for await (const picture of pictures)
    if ('error' in picture)
      refused.push({ name: picture.name, code: picture.error.code, message: picture.error.message });
    else yield picture;
}
