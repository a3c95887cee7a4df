import type { Random } from '#libs/random';
import { mutateBytes } from './bytes.js';
import { choose, EDGE_NUMBERS } from './choose.js';

const TAGS = [254, 256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 282, 284, 317, 320, 322, 323, 324, 325, 338, 347];
const COMPRESSIONS = [1, 2, 3, 4, 5, 6, 7, 8, 32_773, 32_946, 34_712, 50_000, 50_001];
const ENTRY_BYTES = 12;

/** Entries of the first directory changed: their tags, types, counts and values (TIFF 6.0, section 2). */
export function mutateTiff(random: Random, bytes: Buffer, others: readonly Buffer[]): Buffer {
  if (random.chance(1 / 3) || bytes.length < 8) return mutateBytes(random, bytes, others);
  const changed = Buffer.from(bytes);
  const isLittle = changed[0] === 0x49;
  const directory = isLittle ? changed.readUInt32LE(4) : changed.readUInt32BE(4);
  if (directory + 2 > changed.length) return mutateBytes(random, bytes, others);
  const count = isLittle ? changed.readUInt16LE(directory) : changed.readUInt16BE(directory);
  const write = (value: number, at: number, width: number): void => {
    if (at + width > changed.length) return;
    if (isLittle) changed.writeUIntLE(value % 2 ** (8 * width), at, width);
    else changed.writeUIntBE(value % 2 ** (8 * width), at, width);
  };
  for (let times = random.integer(1, 4); times > 0; times--) {
    const at = directory + 2 + ENTRY_BYTES * random.integer(0, Math.max(0, count - 1));
    const way = random.integer(0, 9);
    if (way === 0) write(choose(random, TAGS), at, 2);
    else if (way === 1) write(random.integer(0, 14), at + 2, 2);
    else if (way <= 3) write(choose(random, EDGE_NUMBERS), at + 4, 4);
    else if (way <= 7) write(choose(random, EDGE_NUMBERS), at + 8, choose(random, [2, 4]));
    else if (way === 8) write(choose(random, COMPRESSIONS), at + 8, 2);
    else write(random.integer(0, changed.length + 10), at + 8, 4);
  }
  if (random.chance(0.1))
    write(choose(random, [0, directory, changed.length, 8]), directory + 2 + ENTRY_BYTES * count, 4);
  return random.chance(0.1) ? mutateBytes(random, changed, others) : changed;
}
