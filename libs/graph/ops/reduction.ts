import { attr, type Graph, type Tensor } from '../core/index.js';
import { normalizeAxes, reduceShape } from './shapes.js';

const reduction =
  (type: string) =>
  (g: Graph, x: Tensor, axes: readonly number[] = x.shape.map((_, axis) => axis), keepDims = false): Tensor => {
    const reduced = normalizeAxes(axes, x.shape.length);
    return g.op(
      type,
      [x, g.constant(reduced, 'int32', [reduced.length])],
      { T: attr.type(x.dtype), Tidx: attr.type('int32'), keep_dims: attr.bool(keepDims) },
      [{ dtype: x.dtype, shape: reduceShape(x.shape, reduced, keepDims) }],
    )[0]!;
  };

/** Mean over axes; over all of them when none are named. */
export const mean = reduction('Mean');
/** Sum over axes; over all of them when none are named. */
export const sum = reduction('Sum');
/** Largest element over axes. Has no gradient rule. */
export const max = reduction('Max');

/** Index of the largest element along an axis, as int32; the first of equal ones. */
export function argMax(g: Graph, x: Tensor, axis = -1): Tensor {
  const [along] = normalizeAxes([axis], x.shape.length);
  return g.op(
    'ArgMax',
    [x, g.constant(along!, 'int32')],
    { T: attr.type(x.dtype), Tidx: attr.type('int32'), output_type: attr.type('int32') },
    [{ dtype: 'int32', shape: reduceShape(x.shape, [along!], false) }],
  )[0]!;
}
