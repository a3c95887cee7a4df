import type { Random } from '#libs/random';

/** One of several. */
export const choose = <T>(random: Random, values: readonly T[]): T => values[random.integer(0, values.length - 1)]!;

/** Does one of several things. */
export const either = <T>(random: Random, ...ways: readonly (() => T)[]): T => choose(random, ways)();

/** Small numbers are common, large ones come. */
export const few = (random: Random, most: number): number => {
  const bits = random.integer(0, Math.ceil(Math.log2(most + 1)));
  return Math.min(most, random.integer(0, 2 ** bits));
};

/** Numbers at the edges of what fields hold. */
export const EDGE_NUMBERS = [
  ...[0, 1, 2, 3, 7, 8, 15, 16, 64, 100, 127, 128, 254, 255, 256, 257, 1000, 4095, 4096, 4097],
  ...[32_767, 32_768, 65_534, 65_535, 65_536, 1_000_000, 2 ** 24, 2 ** 25, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1],
];
