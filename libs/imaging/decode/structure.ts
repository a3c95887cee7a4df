import { SulcusError } from '#libs/errors';
import { LIMITS } from '#libs/limits';
import type { ImageFormat } from '../image.js';
import { longestZeros } from './longest-zeros.js';

/** Walks the chunks of a PNG: yields each chunk's type and the offset behind it, as far as the bytes go. */
function* pngChunks(bytes: Buffer): Generator<{ type: string; end: number }> {
  for (let offset = 8; offset + 8 <= bytes.length; ) {
    const end = offset + 12 + bytes.readUInt32BE(offset);
    const type = bytes.toString('latin1', offset + 4, offset + 8);
    if (!/^[a-z]{4}$/i.test(type)) return;
    yield { type, end };
    offset = end;
  }
}

/** @throws IMAGE_TOO_LARGE for chunks without end */
export function checkPng(bytes: Buffer): void {
  let chunks = 0;
  let others = 0;
  for (const { type } of pngChunks(bytes)) {
    chunks++;
    if (type !== 'IDAT') others++;
    if (chunks > LIMITS.pngChunks.value || others > LIMITS.pngOtherChunks.value)
      throw new SulcusError('IMAGE_TOO_LARGE', `The PNG has more than ${chunks - 1} chunks`, { details: { chunks } });
    if (type === 'IEND') return;
  }
}

/** One chunk of a WebP; its content is `bytes[from..to)`. */
export interface WebpChunk {
  readonly type: string;
  readonly from: number;
  readonly to: number;
}

/** Walks the chunks of a WebP (https://developers.google.com/speed/webp/docs/riff_container). */
export function* webpChunks(bytes: Buffer): Generator<WebpChunk> {
  const end = Math.min(bytes.length, bytes.readUInt32LE(4) + 8);
  for (let at = 12; at + 8 <= end; ) {
    const to = at + 8 + bytes.readUInt32LE(at + 4);
    yield { type: bytes.toString('latin1', at, at + 4), from: at + 8, to };
    at = to + (to & 1);
  }
}

/** Entropy-coded data hold no such run of zero bytes. */
const MANY_ZEROS = 256;

/** Every chunk ends within the file, one of them holds the picture, and no part of that was left out. */
function isWholeWebp(bytes: Buffer): boolean {
  if (bytes.length < 12 || bytes.readUInt32LE(4) + 8 > bytes.length) return false;
  let hasPicture = false;
  for (const { type, from, to } of webpChunks(bytes)) {
    if (to > bytes.length) return false;
    if (!['VP8 ', 'VP8L', 'ALPH', 'ANMF'].includes(type)) continue;
    if (type !== 'ALPH') hasPicture = true;
    if (longestZeros(bytes, from, to) >= MANY_ZEROS) return false;
  }
  return hasPicture;
}

/** True for an animated PNG: an `acTL` chunk before the first image data. libvips reads its first frame only. */
export function isAnimatedPng(bytes: Buffer): boolean {
  for (const { type } of pngChunks(bytes)) {
    if (type === 'acTL') return true;
    if (type === 'IDAT') return false;
  }
  return false;
}

/**
 * True when a file's own structure says that bytes are missing at its end. Decoders overlook some of these: a PNG
 * without its end chunk still decodes. JPEG and TIFF have checks of their own.
 */
export function endsTooEarly(bytes: Buffer, format: ImageFormat): boolean {
  switch (format) {
    case 'png': {
      for (const { type, end } of pngChunks(bytes)) if (type === 'IEND') return end > bytes.length;
      return true;
    }
    case 'webp':
      return !isWholeWebp(bytes);
    case 'jpeg':
    case 'tiff':
    case 'dicom':
      return false;
  }
}
