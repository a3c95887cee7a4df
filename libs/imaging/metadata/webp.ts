import { webpChunks } from '../decode/structure.js';
import { keptExif } from './orientation.js';

const PICTURE: readonly string[] = ['VP8 ', 'VP8L', 'ALPH', 'ANIM', 'ANMF'];
/** Bits of the first byte of VP8X that announce chunks (RIFF container, "Extended file format"). */
const Announced = { profile: 0x20, exif: 0x08, xmp: 0x04 } as const;

/** Keeps the picture and the orientation. */
export function withoutWebpMetadata(bytes: Buffer): Buffer {
  if (bytes.length < 12) return bytes;
  const chunks = [...webpChunks(bytes)];
  if (chunks.some(({ to }) => to > bytes.length)) return bytes;
  const exif = chunks.find(({ type }) => type === 'EXIF');
  const orientation = exif && keptExif(bytes.subarray(exif.from, exif.to), { prefixed: false });
  const parts: Buffer[] = [];
  for (const { type, from, to } of chunks) {
    const content = Buffer.from(bytes.subarray(from, to));
    if (type === 'VP8X') {
      content[0]! &= ~(Announced.profile | Announced.exif | Announced.xmp);
      if (orientation) content[0]! |= Announced.exif;
      parts.push(chunk(type, content));
    } else if (PICTURE.includes(type)) parts.push(chunk(type, content));
  }
  if (orientation) parts.push(chunk('EXIF', orientation));
  const body = Buffer.concat(parts);
  const head = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
  head.writeUInt32LE(body.length + 4, 4);
  const clean = Buffer.concat([head, body]);
  return clean.equals(bytes) ? bytes : clean;
}

function chunk(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 0, 'latin1');
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length & 1)]);
}
