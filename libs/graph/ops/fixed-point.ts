import { attr, type Graph, type Tensor } from '../core/index.js';

/** Name of the op in a portable graph; every engine has a form of its own for it. */
export const FIXED_POINT_SUM = 'FixedPointSum';

/** 2^40 units make 1: sums have a resolution of 1e-12. */
export const FIXED_POINT_UNITS = 2 ** 40;

/** Sums stay below 2^23, which is 2^63 units. */
export const FIXED_POINT_LIMIT = 2 ** 23;

/**
 * The sum of float32 tensors of one shape in fixed point: integers are added, so that the order of the inputs, and
 * where they were computed, changes no bit of the result.
 *
 * @returns `sum`, rounded to float32 from a resolution of 1e-12, and `check`, a float32 scalar: 0, or NaN where an
 * element is not finite or its absolute value not below 2^23 divided by the number of inputs; the sum is then of no use
 */
export function fixedPointSum(g: Graph, x: readonly Tensor[]): { sum: Tensor; check: Tensor } {
  const { shape } = x[0]!;
  const outputs = [
    { dtype: 'float32', shape },
    { dtype: 'float32', shape: [] },
  ] as const;
  const [sum, check] = g.op(FIXED_POINT_SUM, x, { T: attr.type('float32'), N: attr.int(x.length) }, outputs);
  return { sum: sum!, check: check! };
}
