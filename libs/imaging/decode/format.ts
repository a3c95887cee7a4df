import type { ImageFormat } from '../image.js';

/** Image formats that are recognised in order to refuse them with a clear line. */
export type RefusedFormat = 'gif' | 'bmp' | 'jpeg2000' | 'jpegxl' | 'heif' | 'svg' | 'pdf' | 'nifti' | 'bigtiff';

/** Bytes as characters, as far as there are any. */
const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', from, to);

/**
 * Recognises an image by its first bytes; file names do not count.
 *
 * @returns undefined for bytes of no known format
 */
export function detectFormat(bytes: Uint8Array): ImageFormat | RefusedFormat | undefined {
  if (bytes.length < 3) return undefined;
  // Before anything else: what stands in a preamble is of no account, and may look like another file (PS3.10 7.1).
  if (ascii(bytes, 128, 132) === 'DICM') return 'dicom';
  const start = ascii(bytes, 0, 16);
  if (start.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (start.startsWith('\x89PNG')) return 'png';
  if (start.startsWith('II*\0') || start.startsWith('MM\0*')) return 'tiff';
  if (start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP') return 'webp';
  return detectRefused(bytes, start);
}

function detectRefused(bytes: Uint8Array, start: string): RefusedFormat | undefined {
  if (start.startsWith('GIF8')) return 'gif';
  if (start.startsWith('BM') && bytes.length >= 26) return 'bmp';
  if (start.startsWith('II+\0') || start.startsWith('MM\0+')) return 'bigtiff';
  if (start.slice(4, 8) === 'jP  ' || start.startsWith('\xff\x4f\xff\x51')) return 'jpeg2000';
  if (start.startsWith('\xff\x0a') || start.slice(4, 8) === 'JXL ') return 'jpegxl';
  if (start.slice(4, 8) === 'ftyp') return 'heif';
  if (start.startsWith('%PDF')) return 'pdf';
  if (ascii(bytes, 344, 347) === 'n+1') return 'nifti';
  if (/^\s*(<\?xml[^>]*>\s*)?(<!--[^]*?-->\s*)?<svg[\s>]/.test(ascii(bytes, 0, 512))) return 'svg';
  return undefined;
}

/** File name endings, lower case without the dot, that each accepted format goes by. */
export const FORMAT_EXTENSIONS: Readonly<Record<ImageFormat, readonly string[]>> = {
  jpeg: ['jpg', 'jpeg', 'jpe', 'jfif'],
  png: ['png'],
  tiff: ['tif', 'tiff'],
  webp: ['webp'],
  dicom: ['dcm', 'dicom', 'ima'],
};

/** Every file name ending that announces an accepted format. */
export const IMAGE_EXTENSIONS: readonly string[] = Object.values(FORMAT_EXTENSIONS).flat();

/** True when a file name announces another format than its bytes are in; a name without ending announces nothing. */
export function isMislabelled(fileName: string, format: ImageFormat): boolean {
  const extension = /\.([^./\\]+)$/.exec(fileName)?.[1]?.toLowerCase();
  return extension !== undefined && !FORMAT_EXTENSIONS[format].includes(extension);
}
