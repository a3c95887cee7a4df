/**
 * Philox 4×32-10, a counter-based random generator (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3",
 * https://doi.org/10.1145/2063384.2063405), keyed as TensorFlow's stateless ops key it (tensorflow/core/kernels/
 * stateless_random_ops.cc, GenerateKey): the same seed gives the same numbers on both engines.
 */
type Word4 = [number, number, number, number];

const [FIRST_MULTIPLIER, SECOND_MULTIPLIER] = [0xd2511f53, 0xcd9e8d57];
const [FIRST_WEYL, SECOND_WEYL] = [0x9e3779b9, 0xbb67ae85];
const ROUNDS = 10;

/** Upper 32 bits of the product of two unsigned numbers of 32 bits. */
function multiplyHigh(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  return (
    (aHigh * bHigh + Math.floor((aLow * bHigh + (middle & 0xffff)) / 0x10000) + Math.floor(middle / 0x10000)) >>> 0
  );
}

/** Four random words for a counter and a key. */
function philox([c0, c1, c2, c3]: Word4, [key0, key1]: readonly [number, number]): Word4 {
  for (let round = 0; round < ROUNDS; round++) {
    const [high0, low0] = [multiplyHigh(FIRST_MULTIPLIER, c0), Math.imul(FIRST_MULTIPLIER, c0) >>> 0];
    const [high1, low1] = [multiplyHigh(SECOND_MULTIPLIER, c2), Math.imul(SECOND_MULTIPLIER, c2) >>> 0];
    [c0, c1, c2, c3] = [
      (high1 ^ c1 ^ (key0 + round * FIRST_WEYL)) >>> 0,
      low1,
      (high0 ^ c3 ^ (key1 + round * SECOND_WEYL)) >>> 0,
      low0,
    ];
  }
  return [c0, c1, c2, c3];
}

/** Fills an array with uniform numbers in [0, 1), multiples of 2⁻²³, for a seed of two signed 32-bit numbers. */
export function fillUniform(target: Float32Array, seed: readonly [number, number]): void {
  // The seeds are scrambled into the key and the upper half of the counter; the lower half counts.
  const [first, second] = [seed[0], seed[1]];
  const mixed = philox(
    [first >>> 0, first < 0 ? 0xffffffff : 0, second >>> 0, second < 0 ? 0xffffffff : 0],
    [0x3ec8f720, 0x02461e29],
  );
  for (let position = 0, block = 0; position < target.length; block++) {
    const words = philox([block >>> 0, Math.floor(block / 2 ** 32), mixed[2], mixed[3]], [mixed[0], mixed[1]]);
    for (const word of words) if (position < target.length) target[position++] = (word & 0x7fffff) / 0x800000;
  }
}
