import {
  EXPLICIT_LITTLE_ENDIAN,
  IMPLICIT_LITTLE_ENDIAN,
  transferSyntax,
  type TransferSyntax,
} from '../transfer-syntaxes.js';
import type { DataSet } from './data-set.js';

type Compression = NonNullable<TransferSyntax['compression']>;

/** A syntax of each compression: the decoders tell lossless and lossy images apart themselves. */
const SYNTAX_OF: Readonly<Record<Compression, string>> = {
  jpeg: '1.2.840.10008.1.2.4.57',
  jpegLs: '1.2.840.10008.1.2.4.80',
  jpeg2000: '1.2.840.10008.1.2.4.90',
  htj2k: '1.2.840.10008.1.2.4.201',
  rle: '1.2.840.10008.1.2.5',
};

/**
 * The transfer syntax that pixel data are in. Some systems compress or decompress pixels and leave the old syntax in
 * the header: what the pixels themselves show holds, where they show anything.
 *
 * @param said what the header says
 */
export function syntaxOfPixels(dataSet: DataSet, said: TransferSyntax): TransferSyntax {
  const pixels = dataSet.get('PixelData');
  if (!pixels) return said;
  if (pixels.fragments) {
    const seen = compressionOf(pixels.fragments);
    return seen === undefined || seen === said.compression ? said : transferSyntax(SYNTAX_OF[seen])!;
  }
  if (said.compression === undefined || !isNativeLength(dataSet, pixels.bytes.length)) return said;
  return transferSyntax(said.isExplicit ? EXPLICIT_LITTLE_ENDIAN : IMPLICIT_LITTLE_ENDIAN)!;
}

/** @returns undefined where nothing tells */
function compressionOf([, ...fragments]: readonly Buffer[]): Compression | undefined {
  const image = fragments.find((fragment) => fragment.length > 0);
  if (!image || image.length < 8) return undefined;
  if (isRle(image)) return 'rle';
  const mark = image.readUInt32BE(0);
  if (mark >>> 8 === START_OF_JPEG) return isJpegLs(image) ? 'jpegLs' : 'jpeg';
  // Capabilities of the codestream: bit 14 says that the coder of part 15 was used (ISO/IEC 15444-15, annex A.2).
  if (mark === START_OF_JPEG2000) return (image.readUInt16BE(6) & 0x4000) !== 0 ? 'htj2k' : 'jpeg2000';
  return undefined;
}

/** SOI and the beginning of the next marker. */
const START_OF_JPEG = 0xffd8ff;
/** SOC and SIZ. */
const START_OF_JPEG2000 = 0xff4fff51;

/** Whether bytes begin a compressed image: what follows in other fragments belongs to it. */
export function beginsImage(fragment: Buffer): boolean {
  if (fragment.length < 4) return false;
  const mark = fragment.readUInt32BE(0);
  return mark >>> 8 === START_OF_JPEG || mark === START_OF_JPEG2000 || isRle(fragment);
}

/** A header of 64 bytes: how many segments there are, and where each begins, the first behind it (PS3.5 annex G.5). */
function isRle(fragment: Buffer): boolean {
  if (fragment.length < 64) return false;
  const segments = fragment.readUInt32LE(0);
  return segments >= 1 && segments <= 15 && fragment.readUInt32LE(4) === 64;
}

/** The start of frame tells: SOF55 is JPEG-LS (ISO/IEC 14495-1, annex C.1). */
function isJpegLs(image: Buffer): boolean {
  for (let at = 2; at + 4 <= image.length && image[at] === 0xff; ) {
    const marker = image[at + 1]!;
    // Filling.
    if (marker === 0xff) at++;
    else if (marker === 0xf7) return true;
    // Other frames, and the scan that comes behind one.
    else if ((marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xcc) || marker === 0xda) return false;
    else at += 2 + image.readUInt16BE(at + 2);
  }
  return false;
}

/** Whether so many bytes are what the header's frames take without compression; an odd number of them is padded. */
function isNativeLength(dataSet: DataSet, bytes: number): boolean {
  const [rows, columns, bits] = (['Rows', 'Columns', 'BitsAllocated'] as const).map(
    (name) => dataSet.number(name) ?? 0,
  );
  const samples = dataSet.number('SamplesPerPixel') ?? 1;
  const frames = dataSet.number('NumberOfFrames') ?? 1;
  const expected = (rows! * columns! * samples * frames * bits!) / 8;
  return expected > 0 && (bytes === expected || bytes === expected + (expected % 2));
}
