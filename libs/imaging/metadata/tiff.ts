import { surveyTiff, tiffNumbers, tiffParts, TiffTag, TYPE_BYTES, type TiffEntry } from '../decode/tiff.js';
import { withoutJpegMetadata } from './jpeg.js';
import { withoutProfileTexts } from './profile.js';

/** Tags of numbers that decide the pixels (TIFF 6.0, and its supplements 1 and 2). */
const KEPT: ReadonlySet<number> = new Set([
  ...[254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284],
  ...[290, 291, 292, 293, 296, 301, 317, 318, 319, 320, 322, 323, 324, 325, 332, 334, 336, 338, 339, 340, 341],
  ...[347, 529, 530, 531, 532],
]);
const PROFILE = 34675;
const PHOTOMETRIC = 262;
const SEPARATED = 5;
const JPEG = 7;
const JPEG_TABLES = 347;

/**
 * The first directory with the tags that decide the pixels, and the pixels; everything else of the file is left out,
 * whether a tag leads to it or none. A file that is so already stays as it is.
 */
export function withoutTiffMetadata(bytes: Buffer): Buffer {
  const survey = surveyTiff(bytes);
  if (survey.directories !== 1) return bytes; // several pages, which are refused
  const [compression = 1] = tiffNumbers(bytes, survey, TiffTag.compression) ?? [];
  const parts = tiffParts(bytes, survey);
  if (parts.some(({ from, to }) => to > bytes.length || from > to)) return bytes;
  const [photometric] = tiffNumbers(bytes, survey, PHOTOMETRIC) ?? [];
  const entries = [...survey.entries.values()].filter(
    ({ tag }) => KEPT.has(tag) || (tag === PROFILE && photometric === SEPARATED),
  );
  if (entries.length === survey.entries.size && compression !== JPEG && isCovered(bytes, entries, parts)) return bytes;
  const rebuilt = new Rebuilt(bytes, survey.littleEndian, compression === JPEG).write(entries, parts);
  return rebuilt.equals(bytes) ? bytes : rebuilt;
}

const sizeOf = ({ type, count }: TiffEntry): number => (TYPE_BYTES[type] ?? 1) * count;

/** Whether every byte belongs to the directory, a kept value or the pixels, or is a zero between them. */
function isCovered(
  bytes: Buffer,
  entries: readonly TiffEntry[],
  parts: readonly { from: number; to: number }[],
): boolean {
  const littleEndian = bytes[0] === 0x49;
  const directory = littleEndian ? bytes.readUInt32LE(4) : bytes.readUInt32BE(4);
  const ranges = [
    { from: 0, to: 8 },
    { from: directory, to: directory + 6 + 12 * entries.length },
    ...entries.filter((entry) => sizeOf(entry) > 4).map((entry) => ({ from: entry.at, to: entry.at + sizeOf(entry) })),
    ...parts,
  ].sort((left, right) => left.from - right.from);
  let covered = 0;
  for (const { from, to } of [...ranges, { from: bytes.length, to: bytes.length }]) {
    for (let at = covered; at < from; at++) if (bytes[at] !== 0) return false;
    covered = Math.max(covered, to);
  }
  return true;
}

/** Values of an entry as they are written. */
interface Value {
  type: number;
  count: number;
  value: Buffer;
}

/** A file written anew: head, pixels, values, directory. */
class Rebuilt {
  readonly #parts: Buffer[] = [];
  #length = 8;

  constructor(
    private readonly bytes: Buffer,
    private readonly littleEndian: boolean,
    private readonly isJpeg: boolean,
  ) {}

  write(entries: readonly TiffEntry[], parts: readonly { from: number; to: number }[]): Buffer {
    const written = parts.map(({ from, to }) => {
      const pixels = this.bytes.subarray(from, to);
      const clean = this.isJpeg ? withoutJpegMetadata(pixels) : pixels;
      return { at: this.#append(clean), size: clean.length };
    });
    const directory = Buffer.alloc(2 + 12 * entries.length + 4);
    this.#u16(directory, entries.length, 0);
    for (const [index, entry] of entries.entries()) {
      const at = 2 + 12 * index;
      this.#u16(directory, entry.tag, at);
      const replaced = this.#replacement(entry, written);
      this.#u16(directory, replaced.type, at + 2);
      this.#u32(directory, replaced.count, at + 4);
      if (replaced.value.length <= 4) replaced.value.copy(directory, at + 8);
      else this.#u32(directory, this.#append(replaced.value), at + 8);
    }
    const directoryAt = this.#append(directory);
    const head = Buffer.from(this.bytes.subarray(0, 8));
    this.#u32(head, directoryAt, 4);
    return Buffer.concat([head, ...this.#parts]);
  }

  #replacement(entry: TiffEntry, written: readonly { at: number; size: number }[]): Value {
    const isOffsets = entry.tag === TiffTag.stripOffsets || entry.tag === TiffTag.tileOffsets;
    const isSizes = entry.tag === TiffTag.stripByteCounts || entry.tag === TiffTag.tileByteCounts;
    if (isOffsets || isSizes) {
      const value = Buffer.alloc(4 * written.length);
      for (const [index, { at, size }] of written.entries()) this.#u32(value, isOffsets ? at : size, 4 * index);
      return { type: LONG, count: written.length, value };
    }
    const value = Buffer.from(this.bytes.subarray(entry.at, entry.at + sizeOf(entry)));
    const { type, count } = entry;
    if (entry.tag === PROFILE) return { type, count, value: withoutProfileTexts(value) };
    if (entry.tag !== JPEG_TABLES) return { type, count, value };
    const tables = withoutJpegMetadata(value);
    return { type: UNDEFINED, count: tables.length, value: tables };
  }

  /** Values lie at even places. */
  #append(part: Buffer): number {
    const at = this.#length;
    const padding = part.length & 1;
    this.#parts.push(part, Buffer.alloc(padding));
    this.#length += part.length + padding;
    return at;
  }

  #u16(target: Buffer, value: number, at: number): void {
    if (this.littleEndian) target.writeUInt16LE(value, at);
    else target.writeUInt16BE(value, at);
  }

  #u32(target: Buffer, value: number, at: number): void {
    if (this.littleEndian) target.writeUInt32LE(value, at);
    else target.writeUInt32BE(value, at);
  }
}

const LONG = 4;
const UNDEFINED = 7;
