import { attr, describe, graphError, type Graph, type Tensor } from '../core/index.js';
import { shapeInput } from './layout.js';

/**
 * Uniform numbers in [0, 1) of the shape and dtype of `like`, a pure function of the seed.
 *
 * @param seed int32[2]
 */
export function statelessRandomUniform(g: Graph, like: Tensor, seed: Tensor): Tensor {
  if (seed.dtype !== 'int32' || seed.shape.length !== 1 || seed.shape[0] !== 2)
    throw graphError(`A random seed must be int32[2], got ${describe(seed)}`);
  return g.op(
    'StatelessRandomUniform',
    [shapeInput(g, like), seed],
    { dtype: attr.type(like.dtype), T: attr.type('int32'), Tseed: attr.type('int32') },
    [like],
  )[0]!;
}
