import { detectFormat } from '../decode/format.js';
import { withoutJpegMetadata } from './jpeg.js';
import { withoutPngMetadata } from './png.js';
import { withoutTiffMetadata } from './tiff.js';
import { withoutWebpMetadata } from './webp.js';

/**
 * An image file without what people and programs write beside the pixels: texts, EXIF, XMP, IPTC, profiles of grey and
 * RGB files (which decoding ignores), texts of CMYK profiles, comments, thumbnails, times, private tags and chunks, and
 * bytes that belong to nothing. The orientation and the coded pixels stay, byte for byte. The same bytes always become
 * the same; a file without any of these stays as it is, as does what is damaged or of another format.
 */
export function withoutMetadata(bytes: Uint8Array): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const clean = cleaned(buffer);
    return clean === buffer ? bytes : clean;
  } catch {
    return bytes; // so damaged that its parts are not found: decoding refuses it
  }
}

function cleaned(buffer: Buffer): Buffer {
  switch (detectFormat(buffer)) {
    case 'jpeg':
      return withoutJpegMetadata(buffer);
    case 'png':
      return withoutPngMetadata(buffer);
    case 'tiff':
      return withoutTiffMetadata(buffer);
    case 'webp':
      return withoutWebpMetadata(buffer);
    default:
      return buffer;
  }
}
