import type { Graph, GraphNode, Tensor } from '../../core/index.js';
import { biasAdd, cast } from '../../ops/index.js';
import type { Rewrite } from '../rewrite-graph.js';
import type { Program } from '../../program/program.js';
import { rewriteProgram, Uses } from '../rewrite-program.js';
import { constantFloats } from './constants.js';

/** Convolutions whose filter's last axes are what the output channels are made of. */
const CONVOLUTIONS = new Set(['Conv2D', 'DepthwiseConv2dNative']);

/**
 * Replaces convolution + batch normalisation by its own statistics with a convolution of other weights and a bias:
 *
 *     scale · (W∗x − mean) / √(variance + ε) + offset = (a·W)∗x + (offset − a·mean),  a = scale / √(variance + ε)
 *
 * The new weights are computed in double precision and rounded once. Numbers differ from the unfolded ones by rounding
 * only.
 */
export function foldBatchNorm(program: Program): Program {
  const uses = new Uses(program);
  const fold: Rewrite = (g, node, inputs) => {
    const epsilon = node.attrs['epsilon'];
    if (node.type !== 'FusedBatchNormV3' || node.attrs['is_training']?.value !== false || epsilon?.kind !== 'float')
      return undefined;
    if (node.outputs.some((_, output) => output > 0 && uses.of(node.name, output) > 0)) return undefined;
    const convolution = g.node(inputs[0]!.node);
    if (!CONVOLUTIONS.has(convolution.type) || !uses.isOnlyFor(program.graph.node(node.inputs[0]!.node)))
      return undefined;
    const filter = constantFloats(g, convolution.inputs[1]!);
    const parameters = inputs.slice(1, 5).map((parameter) => constantFloats(g, parameter));
    if (!filter || !parameters.every((values) => values !== undefined)) return undefined;
    return [withFolded(g, convolution, filter, parameters as Statistics, epsilon.value)];
  };
  return rewriteProgram(program, [fold]);
}

type Statistics = [scale: Float32Array, offset: Float32Array, mean: Float32Array, variance: Float32Array];

function withFolded(
  g: Graph,
  convolution: GraphNode,
  filter: Float32Array,
  [scale, offset, mean, variance]: Statistics,
  epsilon: number,
): Tensor {
  const [x, oldFilter] = convolution.inputs as [Tensor, Tensor];
  const channels = scale.length;
  const factors = Float64Array.from(scale, (value, channel) => value / Math.sqrt(variance[channel]! + epsilon));
  const weights = new Float32Array(filter.length);
  for (let row = 0; row < filter.length; row += channels) {
    for (let channel = 0; channel < channels; channel++)
      weights[row + channel] = filter[row + channel]! * factors[channel]!;
  }
  const bias = Float32Array.from(factors, (factor, channel) => offset[channel]! - mean[channel]! * factor);
  const newFilter = cast(g, g.constant(weights, 'float32', oldFilter.shape), x.dtype);
  const [y] = g.op(convolution.type, [x, newFilter], convolution.attrs, convolution.outputs, {
    name: convolution.name,
  });
  return biasAdd(g, y!, cast(g, g.constant(bias), x.dtype));
}
