import type { Random } from '#libs/random';
import { choose, EDGE_NUMBERS, either, few } from './choose.js';

/** Inputs stay below this, so that so many of them are read. */
const MAX_BYTES = 256 * 1024;

const RANDOM_BYTES = 64;

/** A few changes that need no knowledge of what the bytes mean. @param others what parts may be taken from */
export function mutateBytes(random: Random, bytes: Buffer, others: readonly Buffer[] = [bytes]): Buffer {
  let changed: Buffer = Buffer.from(bytes);
  for (let count = 1 + few(random, 6); count > 0; count--) changed = mutateOnce(random, changed, others);
  return changed.subarray(0, MAX_BYTES);
}

function mutateOnce(random: Random, bytes: Buffer, others: readonly Buffer[]): Buffer {
  if (bytes.length === 0) return randomBytes(random);
  const at = random.integer(0, bytes.length - 1);
  const length = few(random, bytes.length - at);
  const [before, part, after] = [bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at + length)];
  return either(
    random,
    () => withByte(bytes, at, bytes[at]! ^ (1 << random.integer(0, 7))),
    () => withByte(bytes, at, random.integer(0, 255)),
    () => withByte(bytes, at, choose(random, [0, 1, 0x7f, 0x80, 0xfe, 0xff])),
    () => withNumber(random, bytes, at),
    () => withNumber(random, bytes, at),
    () => Buffer.concat([before, after]),
    () => before,
    () => Buffer.concat([before, part, part, after]),
    () => Buffer.concat([before, randomBytes(random), after]),
    () => Buffer.concat([before, Buffer.alloc(part.length, choose(random, [0, 0xff, 0x20])), after]),
    () => Buffer.concat([before, choose(random, others).subarray(at)]),
    () => Buffer.concat([before, partOf(random, choose(random, others)), after]),
  );
}

/** Overwrites one, two or four bytes with a number at an edge. */
function withNumber(random: Random, bytes: Buffer, at: number): Buffer {
  const width = choose(random, [1, 2, 4]);
  if (at + width > bytes.length) return bytes;
  const changed = Buffer.from(bytes);
  const value = choose(random, EDGE_NUMBERS) % 2 ** (8 * width);
  if (random.chance(0.5)) changed.writeUIntBE(value, at, width);
  else changed.writeUIntLE(value, at, width);
  return changed;
}

function withByte(bytes: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = value;
  return changed;
}

export function randomBytes(random: Random, most = RANDOM_BYTES): Buffer {
  return Buffer.from(Array.from({ length: few(random, most) }, () => random.integer(0, 255)));
}

function partOf(random: Random, bytes: Buffer): Buffer {
  const at = random.integer(0, bytes.length);
  return bytes.subarray(at, at + few(random, bytes.length - at));
}
