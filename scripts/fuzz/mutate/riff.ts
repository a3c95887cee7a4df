import { mutateBytes } from './bytes.js';
import { choose } from './choose.js';
import type { Container } from './container.js';

interface Chunk {
  type: string;
  content: Buffer;
}

const HEAD_BYTES = 12;
const TYPES = ['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF', 'EXIF', 'XMP ', 'ICCP'];

/** Chunks of a WebP file (RIFF container specification). */
export const riff: Container<Chunk> = {
  split(bytes) {
    const parts: Chunk[] = [];
    let at = HEAD_BYTES;
    for (; at + 8 <= bytes.length; ) {
      const length = bytes.readUInt32LE(at + 4);
      if (at + 8 + length > bytes.length) break;
      parts.push({ type: bytes.toString('latin1', at, at + 4), content: bytes.subarray(at + 8, at + 8 + length) });
      at += 8 + length + (length & 1);
    }
    return { head: bytes.subarray(0, HEAD_BYTES), parts, rest: bytes.subarray(at) };
  },
  change: (random, { type, content }) =>
    random.chance(0.1) ? { type: choose(random, TYPES), content } : { type, content: mutateBytes(random, content) },
  join(random, head, parts, rest) {
    const chunks = parts.map(({ type, content }) => {
      const start = Buffer.alloc(8);
      start.write(type, 0, 'latin1');
      start.writeUInt32LE(content.length, 4);
      return Buffer.concat([start, content, Buffer.alloc(content.length & 1)]);
    });
    const file = Buffer.concat([head, ...chunks, rest]);
    if (file.length >= HEAD_BYTES && random.chance(0.9)) file.writeUInt32LE(file.length - 8, 4);
    return file;
  },
};
