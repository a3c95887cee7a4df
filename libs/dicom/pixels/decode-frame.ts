import { SulcusError } from '#libs/errors';
import { decompress, type NativeFrame } from '../codecs/decompress.js';
import type { DicomFile } from '../data-set/parse-file.js';
import { framesOf } from './frames.js';
import type { PixelModule } from './pixel-module.js';

/** Pixels of a frame as they are stored, before any table: `[row, column, sample]`, samples interleaved. */
export interface StoredFrame {
  /** One word for each sample, all allocated bits: overlays may stand above the stored ones. May view the file. */
  words: Uint8Array | Uint16Array;
  /** What the words are: a decompressed image may differ from its header. */
  photometric: PixelModule['photometric'];
}

/**
 * Decodes one frame.
 *
 * @param index from 0
 * @throws IMAGE_*
 */
export async function decodeFrame(file: DicomFile, pixels: PixelModule, index: number): Promise<StoredFrame> {
  const encoded = framesOf(file, pixels)[index];
  if (!encoded)
    throw new SulcusError('INVALID_ARGUMENT', `There is no frame ${index}: the object has ${pixels.frames}`);
  const { compression } = file.syntax;
  const native: NativeFrame =
    compression === undefined
      ? { bytes: encoded, photometric: pixels.photometric, isPlanar: pixels.isPlanar }
      : await decompress(encoded, compression, pixels);
  const { rows, columns, samplesPerPixel, bitsAllocated } = pixels;
  const samples = rows * columns * samplesPerPixel;
  if (native.photometric === 'YBR_FULL_422' && compression === undefined)
    return { words: halfColours(native.bytes, rows * columns), photometric: 'YBR_FULL' };
  const words = bitsAllocated === 8 ? bytesOf(native.bytes, samples) : shorts(native.bytes, samples);
  const photometric = native.photometric === 'YBR_FULL_422' ? 'YBR_FULL' : native.photometric;
  return { words: native.isPlanar && samplesPerPixel === 3 ? interleaved(words) : words, photometric };
}

const bytesOf = (bytes: Buffer, count: number): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, count);

/** A view where the bytes lie so that one can be had: what is read is not changed. */
function shorts(bytes: Buffer, count: number): Uint16Array {
  if (bytes.byteOffset % 2 === 0 && !BIG_ENDIAN_MACHINE) return new Uint16Array(bytes.buffer, bytes.byteOffset, count);
  const copy = new Uint8Array(2 * count);
  copy.set(bytes.subarray(0, 2 * count));
  const words = new Uint16Array(copy.buffer);
  if (BIG_ENDIAN_MACHINE) Buffer.from(copy.buffer).swap16();
  return words;
}

const BIG_ENDIAN_MACHINE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 0;

/** `Y1 Y2 Cb Cr` for two pixels each becomes `Y Cb Cr` for each. */
function halfColours(bytes: Buffer, pixels: number): Uint8Array {
  const full = new Uint8Array(3 * pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const pair = 4 * (pixel >> 1);
    full[3 * pixel] = bytes[pair + (pixel & 1)]!;
    full[3 * pixel + 1] = bytes[pair + 2]!;
    full[3 * pixel + 2] = bytes[pair + 3]!;
  }
  return full;
}

function interleaved<T extends Uint8Array | Uint16Array>(planes: T): T {
  const pixels = planes.length / 3;
  const mixed = planes.slice() as T;
  for (let pixel = 0; pixel < pixels; pixel++)
    for (let plane = 0; plane < 3; plane++) mixed[3 * pixel + plane] = planes[plane * pixels + pixel]!;
  return mixed;
}
