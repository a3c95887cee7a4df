import { attr, type Graph, type Tensor } from '../core/index.js';
import { add, greaterEqual, mul, select } from './elementwise.js';
import { statelessRandomUniform } from './random.js';

const activation =
  (type: string) =>
  (g: Graph, x: Tensor): Tensor =>
    g.op(type, [x], { T: attr.type(x.dtype) }, [x])[0]!;

/** max(0, x). */
export const relu = activation('Relu');
/** min(max(0, x), 6). */
export const relu6 = activation('Relu6');
/** 1 / (1 + e⁻ˣ). */
export const sigmoid = activation('Sigmoid');
/** Hyperbolic tangent. */
export const tanh = activation('Tanh');

/** relu6(x + 3) / 6, as in MobileNetV3 (Howard et al. 2019, §5.2). */
export const hardSigmoid = (g: Graph, x: Tensor): Tensor =>
  g.withScope('hardSigmoid', () => mul(g, relu6(g, add(g, x, 3)), 1 / 6));

/** x · hardSigmoid(x), as in MobileNetV3. */
export const hardSwish = (g: Graph, x: Tensor): Tensor => g.withScope('hardSwish', () => mul(g, x, hardSigmoid(g, x)));

/**
 * Sets each element to 0 with probability `rate` and scales the others by 1 / (1 − rate), so that the mean stays.
 *
 * @param rate probability of dropping, in [0, 1)
 * @param seed int32[2]; the same seed drops the same elements. Feed a new one per step.
 */
export function dropout(g: Graph, x: Tensor, rate: number, seed: Tensor): Tensor {
  if (rate === 0) return x;
  return g.withScope('dropout', () => {
    const kept = greaterEqual(g, statelessRandomUniform(g, x, seed), rate);
    return select(g, kept, mul(g, x, 1 / (1 - rate)), g.constant(0, x.dtype));
  });
}
