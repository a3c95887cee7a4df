import { SulcusError } from '#libs/errors';
import { LIMITS } from '#libs/limits';
import { longestZeros } from './longest-zeros.js';

/** One entry of a directory (TIFF 6.0, section 2). */
export interface TiffEntry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  /** Where its values lie: in the entry itself, or elsewhere. */
  readonly at: number;
}

/** A TIFF's directories, as far as they can be read. */
export interface TiffSurvey {
  readonly littleEndian: boolean;
  /** Of the first directory, by tag. */
  readonly entries: ReadonlyMap<number, TiffEntry>;
  readonly directories: number;
}

export const TiffTag = {
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  stripOffsets: 273,
  samplesPerPixel: 277,
  stripByteCounts: 279,
  tileOffsets: 324,
  tileByteCounts: 325,
} as const;

/** Bytes of each type of value, by its number. */
export const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];

const damaged = (why: string): SulcusError =>
  new SulcusError('IMAGE_TRUNCATED', `The tiff ends too early or is damaged (${why})`, { details: { format: 'tiff' } });

/** @throws IMAGE_TRUNCATED, IMAGE_TOO_LARGE for directories without end */
export function surveyTiff(bytes: Buffer): TiffSurvey {
  const littleEndian = bytes[0] === 0x49;
  const reader = readerOf(bytes, littleEndian);
  const entries = new Map<number, TiffEntry>();
  const seen = new Set<number>();
  for (let at = reader.u32(4); at !== 0; ) {
    if (seen.has(at)) throw damaged('its directories lead in a circle');
    seen.add(at);
    if (seen.size > LIMITS.tiffDirectories.value)
      throw new SulcusError('IMAGE_TOO_LARGE', `The TIFF has more than ${LIMITS.tiffDirectories.value} directories`);
    const count = reader.u16(at);
    if (at + 2 + 12 * count + 4 > bytes.length) throw damaged('a directory is not whole');
    if (seen.size === 1)
      for (let index = 0; index < count; index++) {
        const entry = at + 2 + 12 * index;
        const type = reader.u16(entry + 2);
        const values = reader.u32(entry + 4);
        const valueBytes = (TYPE_BYTES[type] ?? 1) * values;
        const tag = reader.u16(entry);
        const valuesAt = valueBytes <= 4 ? entry + 8 : reader.u32(entry + 8);
        if (valuesAt + valueBytes > bytes.length) throw damaged('the values of a tag are missing');
        // Of a tag that stands twice the first counts, as for the decoder (libtiff, TIFFReadDirectory).
        if (!entries.has(tag)) entries.set(tag, { tag, type, count: values, at: valuesAt });
      }
    at = reader.u32(at + 2 + 12 * count);
  }
  return { littleEndian, entries, directories: seen.size };
}

/** Values of an entry of whole numbers; undefined for an entry that is not there, or not whole. */
export function tiffNumbers(bytes: Buffer, survey: TiffSurvey, tag: number): number[] | undefined {
  const entry = survey.entries.get(tag);
  const size = entry && TYPE_BYTES[entry.type];
  if (!entry || !size || entry.at + size * entry.count > bytes.length) return undefined;
  const reader = readerOf(bytes, survey.littleEndian);
  const read = size === 1 ? reader.u8 : size === 2 ? reader.u16 : reader.u32;
  return Array.from({ length: entry.count }, (_, index) => read(entry.at + index * size));
}

/** Where the pixels of the first directory lie. */
export function tiffParts(bytes: Buffer, survey: TiffSurvey): { from: number; to: number }[] {
  const offsets = partOffsets(bytes, survey);
  const sizes =
    tiffNumbers(bytes, survey, TiffTag.stripByteCounts) ?? tiffNumbers(bytes, survey, TiffTag.tileByteCounts) ?? [];
  return sizes.map((size, index) => ({ from: offsets[index] ?? bytes.length, to: (offsets[index] ?? 0) + size }));
}

const partOffsets = (bytes: Buffer, survey: TiffSurvey): number[] =>
  tiffNumbers(bytes, survey, TiffTag.stripOffsets) ?? tiffNumbers(bytes, survey, TiffTag.tileOffsets) ?? [];

/** Compressed data of any kind hold no such run of zero bytes. */
const MANY_ZEROS = 256;
const UNCOMPRESSED = 1;
/** Its parts lie anywhere in the file. */
const OLD_JPEG = 6;
/** What the decoder turns into 8 bits, or names as more. */
const KNOWN_BITS = [1, 2, 4, 8, 16, 32, 64];

/**
 * @throws IMAGE_TRUNCATED for pixels that lie beyond the end of the file or are a hole in it, IMAGE_UNSUPPORTED for
 *   bits per sample that no decoder takes, IMAGE_TOO_LARGE
 */
export function checkTiff(bytes: Buffer): void {
  if (bytes.length < 8) throw damaged('it has no directory');
  const survey = surveyTiff(bytes);
  const bits = tiffNumbers(bytes, survey, TiffTag.bitsPerSample) ?? [1];
  const odd = bits.find((value) => !KNOWN_BITS.includes(value));
  if (odd !== undefined)
    throw new SulcusError('IMAGE_UNSUPPORTED', `The tiff has ${odd} bits per channel: window it to 8 bits first`, {
      details: { format: 'tiff' },
    });
  const [compression = UNCOMPRESSED] = tiffNumbers(bytes, survey, TiffTag.compression) ?? [];
  if (compression === OLD_JPEG)
    throw new SulcusError('IMAGE_UNSUPPORTED', 'The tiff is compressed as old-style JPEG: send another compression');
  if (survey.entries.has(TiffTag.stripOffsets) && survey.entries.has(TiffTag.tileOffsets))
    throw damaged('its pixels are in strips and in tiles');
  const parts = tiffParts(bytes, survey);
  if (parts.some(({ to }) => to > bytes.length)) throw damaged('a part of its pixels is missing');
  // The decoder would guess where they end, and what is cleaned of metadata would go by what the file says.
  if (parts.length === 0 || parts.length !== partOffsets(bytes, survey).length)
    throw damaged('it does not say of each part of its pixels where it ends');
  if (parts.some(({ from, to }) => from === to)) throw damaged('a part of its pixels has no bytes');
  if (compression === UNCOMPRESSED) {
    if (storedBytes(parts) < pixelBytes(bytes, survey)) throw damaged('a part of its pixels is missing');
    return;
  }
  for (const { from, to } of parts)
    if (longestZeros(bytes, from, to) >= MANY_ZEROS) throw damaged('a part of its pixels was not written');
}

const storedBytes = (parts: readonly { from: number; to: number }[]): number =>
  parts.reduce((sum, { from, to }) => sum + to - from, 0);

/** What uncompressed rows take, each from a whole byte on; tiles take no less. */
function pixelBytes(bytes: Buffer, survey: TiffSurvey): number {
  const first = (tag: number, otherwise: number): number => tiffNumbers(bytes, survey, tag)?.[0] ?? otherwise;
  const bits = first(TiffTag.bitsPerSample, 1) * first(TiffTag.samplesPerPixel, 1);
  return Math.ceil((first(TiffTag.width, 0) * bits) / 8) * first(TiffTag.height, 0);
}

function readerOf(bytes: Buffer, littleEndian: boolean) {
  const within = (at: number, size: number): number => {
    if (at + size > bytes.length) throw damaged('a directory is not whole');
    return at;
  };
  return {
    u8: (at: number): number => bytes[within(at, 1)]!,
    u16: (at: number): number => (littleEndian ? bytes.readUInt16LE(within(at, 2)) : bytes.readUInt16BE(within(at, 2))),
    u32: (at: number): number => (littleEndian ? bytes.readUInt32LE(within(at, 4)) : bytes.readUInt32BE(within(at, 4))),
  };
}
