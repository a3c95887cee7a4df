import { createRandom } from '#libs/random';

/** A draw takes 16 random bits: one of so many equally likely values. */
const VALUES = 1 << 16;
/** Draws are whole numbers with so many fraction bits. */
const VALUE_BITS = 12;
/** The standard deviation, in grey levels, is one with so many. */
const SIGMA_BITS = 8;
const SHIFT = VALUE_BITS + SIGMA_BITS;
const HALF = 1 << (SHIFT - 1);

/** Largest standard deviation: the product of two fixed-point numbers stays within 31 bits. */
export const MAX_SIGMA_LEVELS = 128;

let table: Int16Array | undefined;

/**
 * Adds Gaussian noise of mean 0 in place: one draw per pixel, the same for all of its channels, so that grey pictures
 * stay grey. Sums are rounded to whole levels and clamped to 0-255. All arithmetic is that of whole numbers, so that
 * every machine gets the same pixels.
 *
 * @param pixels [height, width, channels]
 * @param sigmaLevels standard deviation, 0-{@link MAX_SIGMA_LEVELS} grey levels
 * @param seed of the draws, 32 bits
 */
export function addGaussianNoise(pixels: Uint8Array, channels: 1 | 3, sigmaLevels: number, seed: number): void {
  const values = (table ??= standardNormalTable());
  const sigma = Math.round(sigmaLevels * (1 << SIGMA_BITS));
  const random = createRandom('gaussian noise', seed);
  let bits = 0;
  for (let pixel = 0, i = 0; i < pixels.length; pixel++) {
    bits = pixel % 2 === 0 ? random.integer(0, 0xffffffff) : bits >>> 16;
    const noise = (Math.imul(sigma, values[bits & 0xffff]!) + HALF) >> SHIFT;
    for (const end = i + channels; i < end; i++) pixels[i] = clamp(pixels[i]! + noise);
  }
}

const clamp = (level: number): number => (level < 0 ? 0 : level > 255 ? 255 : level);

/**
 * Quantiles of the standard normal distribution at the middles of equal shares, rounded to 2 ** -{@link VALUE_BITS}.
 */
export function standardNormalTable(): Int16Array {
  const values = new Int16Array(VALUES);
  const upperEnd = (value: number): number => normalCdf((value + 0.5) / (1 << VALUE_BITS));
  for (let i = VALUES / 2, value = 0, end = upperEnd(0); i < VALUES; i++) {
    while (end < (i + 0.5) / VALUES) end = upperEnd(++value);
    values[i] = value;
    values[VALUES - 1 - i] = -value;
  }
  return values;
}

/** The standard normal distribution function for z >= 0 (Marsaglia 2004, Evaluating the normal distribution). */
function normalCdf(z: number): number {
  let sum = z;
  for (let term = z, k = 3; sum + term !== sum; k += 2) {
    term *= (z * z) / k;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}
