import { mutateBytes } from './bytes.js';
import { choose, EDGE_NUMBERS } from './choose.js';
import type { Container } from './container.js';
import { oddText } from './text.js';

interface Element {
  group: number;
  element: number;
  vr: string;
  content: Buffer;
}

const HEAD_BYTES = 132;
const LONG_VRS = ['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'UC', 'UN', 'UR', 'UT', 'SV', 'UV'];
const VRS = [...LONG_VRS, 'US', 'SS', 'UL', 'DS', 'IS', 'CS', 'LO', 'PN', 'UI', 'DA', 'FD', 'AT', '??', '  '];
const UNDEFINED_LENGTH = 0xffffffff;

/** Outermost elements of an explicit little-endian file (PS3.5 7.1); the rest, and other files, are one piece. */
export const dicom: Container<Element> = {
  split(bytes) {
    const parts: Element[] = [];
    let at = HEAD_BYTES;
    while (at + 8 <= bytes.length) {
      const vr = bytes.toString('latin1', at + 4, at + 6);
      if (!/^[A-Z]{2}$/.test(vr)) break;
      const isLong = LONG_VRS.includes(vr);
      if (isLong && at + 12 > bytes.length) break;
      const from = at + (isLong ? 12 : 8);
      const length = isLong ? bytes.readUInt32LE(at + 8) : bytes.readUInt16LE(at + 6);
      if (length === UNDEFINED_LENGTH || from + length > bytes.length) break;
      const [group, element] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)];
      parts.push({ group, element, vr, content: bytes.subarray(from, from + length) });
      at = from + length;
    }
    return { head: bytes.subarray(0, HEAD_BYTES), parts, rest: bytes.subarray(at) };
  },
  change(random, part) {
    const way = random.integer(0, 9);
    if (way === 0) return { ...part, vr: choose(random, VRS) };
    if (way === 1) return { ...part, element: choose(random, [part.element + 1, 0, 0x10, 0x100, 0x103, 0xffff]) };
    if (way === 2) return { ...part, group: choose(random, [2, 8, 9, 0x10, 0x20, 0x28, 0x5400, 0x7fe0, 0xfffe]) };
    if (way <= 5) return { ...part, content: Buffer.from(oddText(random), 'latin1').subarray(0, 60_000) };
    if (way <= 7 && part.content.length >= 2) {
      const content = Buffer.from(part.content);
      content.writeUInt16LE(choose(random, EDGE_NUMBERS) & 0xffff, 0);
      return { ...part, content };
    }
    return { ...part, content: mutateBytes(random, part.content) };
  },
  join: (random, head, parts, rest) =>
    Buffer.concat([
      head,
      ...parts.map(({ group, element, vr, content }) => {
        const isLong = LONG_VRS.includes(vr);
        const start = Buffer.alloc(isLong ? 12 : 8);
        start.writeUInt16LE(group, 0);
        start.writeUInt16LE(element & 0xffff, 2);
        start.write(vr, 4, 'latin1');
        const length = random.chance(0.97) ? content.length : choose(random, EDGE_NUMBERS);
        if (isLong) start.writeUInt32LE(length, 8);
        else start.writeUInt16LE(length & 0xffff, 6);
        return Buffer.concat([start, isLong ? content : content.subarray(0, 65_535)]);
      }),
      rest,
    ]),
};
