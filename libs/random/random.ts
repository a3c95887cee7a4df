import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** A stream of random numbers that only its seed determines, the same on every machine. */
export interface Random {
  /** Uniform in [min, max); defaults to [0, 1). */
  uniform(min?: number, max?: number): number;
  /** Uniform whole number in [min, max], both ends included. */
  integer(min: number, max: number): number;
  /** Normal with mean 0 and standard deviation 1 (Box-Muller). */
  normal(): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** Shuffles in place (Fisher-Yates) and returns the same array. */
  shuffle<T extends { length: number; [index: number]: unknown }>(values: T): T;
}

/**
 * Creates the random stream of a seed and named parts, for example `createRandom(seed, 'augment', pass, sampleId)`.
 * Streams of different parts are independent (SHA-256 of the parts seeds xoroshiro128+), so work may be done in any
 * order and by any worker and come out the same.
 */
export function createRandom(...parts: readonly (string | number)[]): Random {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  return fromGenerator(xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => digest.readInt32LE(offset))));
}

function fromGenerator(generator: ReturnType<typeof xoroshiro128plusFromState>): Random {
  let spareNormal: number | undefined;
  const random: Random = {
    uniform: (min = 0, max = 1) => min + (max - min) * uniformFloat64(generator),
    integer: (min, max) => uniformInt(generator, min, max),
    normal: () => {
      if (spareNormal !== undefined) {
        const value = spareNormal;
        spareNormal = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - random.uniform()));
      const angle = 2 * Math.PI * random.uniform();
      spareNormal = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    chance: (probability) => random.uniform() < probability,
    shuffle: (values) => {
      for (let last = values.length - 1; last > 0; last--) {
        const other = random.integer(0, last);
        [values[last], values[other]] = [values[other], values[last]];
      }
      return values;
    },
  };
  return random;
}
