const ORIENTATION = 0x0112;
/** What TIFF data begin with, in either order of bytes. */
const MARKS = ['II*\0', 'MM\0*'];
/** Of "Exif" and two zeros, as JPEG and some WebP files have it before the EXIF data. */
const PREFIX = Buffer.from('Exif\0\0', 'latin1');

/**
 * The orientation that EXIF data say, 1 to 8; undefined where they say none (TIFF 6.0, section 8; EXIF 2.32, 4.6.4).
 *
 * @param exif with or without "Exif" before it
 */
export function exifOrientation(exif: Buffer): number | undefined {
  const tiff = exif.subarray(0, PREFIX.length).equals(PREFIX) ? exif.subarray(PREFIX.length) : exif;
  if (tiff.length < 14 || !MARKS.includes(tiff.toString('latin1', 0, 4))) return undefined;
  const littleEndian = tiff[0] === 0x49;
  const u16 = (at: number): number => (littleEndian ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const directory = littleEndian ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (directory + 2 > tiff.length) return undefined;
  const count = u16(directory);
  for (let at = directory + 2; at + 12 <= tiff.length && at < directory + 2 + 12 * count; at += 12) {
    if (u16(at) !== ORIENTATION) continue;
    const value = u16(at + 8);
    return value >= 1 && value <= 8 ? value : undefined;
  }
  return undefined;
}

/** EXIF data that say an orientation and nothing else. */
export function orientationOnly(orientation: number, { prefixed }: { prefixed: boolean }): Buffer {
  const tiff = Buffer.from('MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0', 'latin1');
  tiff.writeUInt16BE(orientation, 18);
  return prefixed ? Buffer.concat([PREFIX, tiff]) : tiff;
}

/** What is kept of EXIF data: an orientation that turns the picture, or nothing. */
export function keptExif(exif: Buffer, options: { prefixed: boolean }): Buffer | undefined {
  const orientation = exifOrientation(exif);
  return orientation === undefined || orientation === 1 ? undefined : orientationOnly(orientation, options);
}
