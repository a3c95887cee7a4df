import type { Random } from '#libs/random';

/** A smooth random field over the plane, values roughly in [-1, 1]; periodic far outside of the picture. */
export type NoiseField = (x: number, y: number) => number;

const LATTICE = 32;

/** Value noise: random numbers on a lattice with `cellsPerUnit` cells to a unit of length, smoothly joined. */
export function noiseField(random: Random, cellsPerUnit: number): NoiseField {
  const lattice = Float32Array.from({ length: LATTICE * LATTICE }, () => random.uniform(-1, 1));
  const at = (column: number, row: number): number =>
    lattice[(row & (LATTICE - 1)) * LATTICE + (column & (LATTICE - 1))]!;
  return (x, y) => {
    const cellX = x * cellsPerUnit + LATTICE;
    const cellY = y * cellsPerUnit + LATTICE;
    const column = Math.floor(cellX);
    const row = Math.floor(cellY);
    const u = smooth(cellX - column);
    const v = smooth(cellY - row);
    const top = at(column, row) * (1 - u) + at(column + 1, row) * u;
    const bottom = at(column, row + 1) * (1 - u) + at(column + 1, row + 1) * u;
    return top * (1 - v) + bottom * v;
  };
}

const smooth = (t: number): number => t * t * (3 - 2 * t);

/** Octaves of {@link noiseField}: each twice as fine and half as strong. */
export function fractalNoise(random: Random, cellsPerUnit: number, octaves: number): NoiseField {
  const fields = Array.from({ length: octaves }, (_, octave) => noiseField(random, cellsPerUnit * 2 ** octave));
  const total = 2 - 2 ** (1 - octaves);
  return (x, y) => {
    let sum = 0;
    for (let octave = 0, weight = 1 / total; octave < octaves; octave++, weight /= 2)
      sum += weight * fields[octave]!(x, y);
    return sum;
  };
}

const NORMALS = 4096;

/**
 * A cheap endless supply of standard normal numbers for pixel noise: a table of draws, picked from by a xorshift
 * generator, so that two images never share a stretch of noise.
 */
export function pixelNoise(random: Random): () => number {
  const table = Float32Array.from({ length: NORMALS }, () => random.normal());
  let state = random.integer(1, 0x7fffffff);
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return table[(state >>> 9) & (NORMALS - 1)]!;
  };
}
