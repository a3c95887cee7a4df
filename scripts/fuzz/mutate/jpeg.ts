import { mutateBytes } from './bytes.js';
import { choose } from './choose.js';
import type { Container } from './container.js';

interface Segment {
  marker: number;
  /** Of the segment; undefined for markers that stand alone. */
  content: Buffer | undefined;
  /** Coded data behind it. */
  coded: Buffer;
}

const MARKERS = [0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc9, 0xcc, 0xd0, 0xd7, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xe0, 0xe1];

const isBare = (marker: number): boolean => (marker >= 0xd0 && marker <= 0xd9) || marker <= 0x01;

/** Segments of a JPEG with the coded data behind them (ITU-T T.81, annex B). */
export const jpeg: Container<Segment> = {
  split(bytes) {
    const parts: Segment[] = [];
    let at = 0;
    while (at + 2 <= bytes.length && bytes[at] === 0xff) {
      const marker = bytes[at + 1]!;
      const length = isBare(marker) || at + 4 > bytes.length ? 0 : bytes.readUInt16BE(at + 2);
      const end = at + 2 + length;
      if (end > bytes.length) break;
      let next = end;
      while (next < bytes.length && !isNextMarker(bytes, next)) next++;
      parts.push({
        marker,
        content: length >= 2 ? bytes.subarray(at + 4, end) : undefined,
        coded: bytes.subarray(end, next),
      });
      at = next;
    }
    return { head: Buffer.alloc(0), parts, rest: bytes.subarray(at) };
  },
  change(random, { marker, content, coded }) {
    if (random.chance(0.1)) return { marker: choose(random, MARKERS), content, coded };
    if (content && (coded.length === 0 || random.chance(0.5)))
      return { marker, content: mutateBytes(random, content).subarray(0, 65_533), coded };
    return { marker, content, coded: mutateBytes(random, coded) };
  },
  join: (random, head, parts, rest) =>
    Buffer.concat([
      head,
      ...parts.flatMap(({ marker, content, coded }) => {
        const start = Buffer.from([0xff, marker]);
        if (!content) return [start, coded];
        const length = Buffer.alloc(2);
        length.writeUInt16BE(random.chance(0.95) ? content.length + 2 : random.integer(0, 65_535));
        return [start, length, content, coded];
      }),
      rest,
    ]),
};

/** A marker that is no stuffed zero and no restart within coded data. */
function isNextMarker(bytes: Buffer, at: number): boolean {
  if (bytes[at] !== 0xff || at + 1 >= bytes.length) return false;
  const marker = bytes[at + 1]!;
  return marker !== 0 && marker !== 0xff && !(marker >= 0xd0 && marker <= 0xd7);
}
