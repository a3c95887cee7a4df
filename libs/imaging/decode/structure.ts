import type { ImageFormat } from '../image.js';

/** Walks the chunks of a PNG: yields each chunk's type and the offset behind it, as far as the bytes go. */
function* pngChunks(bytes: Buffer): Generator<{ type: string; end: number }> {
  for (let offset = 8; offset + 8 <= bytes.length; ) {
    const end = offset + 12 + bytes.readUInt32BE(offset);
    yield { type: bytes.toString('latin1', offset + 4, offset + 8), end };
    offset = end;
  }
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
 * without its end chunk still decodes. JPEG and TIFF have no such mark that is always there; their decoders report it.
 */
export function endsTooEarly(bytes: Buffer, format: ImageFormat): boolean {
  switch (format) {
    case 'png': {
      for (const { type, end } of pngChunks(bytes)) if (type === 'IEND') return end > bytes.length;
      return true;
    }
    case 'webp':
      return bytes.length < 12 || bytes.readUInt32LE(4) + 8 > bytes.length;
    case 'jpeg':
    case 'tiff':
    case 'dicom':
      return false;
  }
}
