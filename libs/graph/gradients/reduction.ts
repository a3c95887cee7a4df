import type { Graph, Tensor } from '../core/index.js';
import { broadcastLike, cast, div, exp, mul, reshape, sub, sum } from '../ops/index.js';
import type { GradientContext, GradientRules } from './registry.js';
import { constantInts, keptShape, reducedCount, reshapeLike } from './support.js';

/** Spreads the gradient of a reduction over the elements that went into it. */
function spread({ g, node, inputs }: GradientContext, gradient: Tensor, axes: readonly number[]): Tensor {
  const x = inputs[0]!;
  const kept = keptShape(x.shape, axes);
  const keepDims = node.attrs['keep_dims']?.value === true;
  const shaped = keepDims ? gradient : reshapeLike(g, gradient, { ...gradient, shape: kept });
  return broadcastLike(g, shaped, x);
}

/** Σ over the last axis, kept as 1, in the given dtype. */
const sumLast = (g: Graph, x: Tensor): Tensor => cast(g, sum(g, cast(g, x, 'float32'), [-1], true), x.dtype);

/** Reductions and what is built on them: softmax and cross-entropy. */
export const reductionRules: GradientRules = {
  Sum: (c) => [spread(c, c.gradient, constantInts(c.g, c.inputs[1]!)), undefined],

  Mean: (c) => {
    const axes = constantInts(c.g, c.inputs[1]!);
    // The count is divided out before spreading: fewer elements. In float32, because bfloat16 is exact only up to 256.
    const share = cast(
      c.g,
      div(c.g, cast(c.g, c.gradient, 'float32'), reducedCount(c.g, c.inputs[0]!, axes)),
      c.gradient.dtype,
    );
    return [spread(c, share, axes), undefined];
  },

  Softmax: ({ g, gradient, outputs }) => {
    const y = outputs[0]!;
    return [mul(g, sub(g, gradient, sumLast(g, mul(g, gradient, y))), y)];
  },

  LogSoftmax: ({ g, gradient, outputs }) => [sub(g, gradient, mul(g, exp(g, outputs[0]!), sumLast(g, gradient)))],

  SparseSoftmaxCrossEntropyWithLogits: ({ g, gradient, outputs }) => [
    mul(g, reshape(g, gradient, [gradient.shape[0]!, 1]), outputs[1]!),
    undefined,
  ],
};
