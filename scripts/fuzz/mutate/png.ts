import { crc32 } from 'node:zlib';
import { mutateBytes } from './bytes.js';
import { choose } from './choose.js';
import type { Container } from './container.js';

interface Chunk {
  type: string;
  content: Buffer;
}

const SIGNATURE_BYTES = 8;
const TYPES = ['IHDR', 'PLTE', 'IDAT', 'IEND', 'tRNS', 'gAMA', 'iCCP', 'tEXt', 'zTXt', 'iTXt', 'eXIf', 'acTL', 'fcTL'];
/** Of chunks whose check sum is what it should be: others are seldom read any further. */
const RIGHT_SUM = 0.9;

/** Chunks of a PNG, with check sums that mostly fit (PNG, third edition, 5.3). */
export const png: Container<Chunk> = {
  split(bytes) {
    const parts: Chunk[] = [];
    let at = SIGNATURE_BYTES;
    for (; at + 12 <= bytes.length; ) {
      const end = at + 12 + bytes.readUInt32BE(at);
      if (end > bytes.length) break;
      parts.push({ type: bytes.toString('latin1', at + 4, at + 8), content: bytes.subarray(at + 8, end - 4) });
      at = end;
    }
    return { head: bytes.subarray(0, SIGNATURE_BYTES), parts, rest: bytes.subarray(at) };
  },
  change: (random, { type, content }) =>
    random.chance(0.1) ? { type: choose(random, TYPES), content } : { type, content: mutateBytes(random, content) },
  join: (random, head, parts, rest) =>
    Buffer.concat([
      head,
      ...parts.map(({ type, content }) => {
        const typed = Buffer.concat([Buffer.from(type, 'latin1'), content]);
        const chunk = Buffer.alloc(typed.length + 8);
        chunk.writeUInt32BE(content.length, 0);
        typed.copy(chunk, 4);
        chunk.writeUInt32BE(random.chance(RIGHT_SUM) ? crc32(typed) : 0, typed.length + 4);
        return chunk;
      }),
      rest,
    ]),
};
