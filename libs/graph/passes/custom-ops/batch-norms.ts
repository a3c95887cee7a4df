import { attr, type Graph, type GraphNode, type Tensor } from '../../core/index.js';
import type { Program } from '../../program/program.js';
import type { Rewrite } from '../rewrite-graph.js';
import { rewriteProgram, Uses } from '../rewrite-program.js';
import { BATCH_NORM_RELU, isTrainingBatchNorm } from '../training/recomputed-batch-norm.js';
import { findBatchNormFusions } from './batch-norm-fusion.js';
import { LANES } from './convolution.js';

/** The custom op of a batch norm of training. */
export const FUSED_BATCH_NORM = 'SulcusFusedBatchNorm';

const SUMS = new Set(['AddV2', 'AddN']);

/**
 * Device-specific rewrite: batch norms of training and ReLU gradients, in the given element types, by custom ops
 * (libs/engine/native/kernels). One pass over memory does what several ops did: a batch norm with the shortcut's
 * addition and the ReLU behind it; a batch norm's gradient with the ReLU's; the ReLU's with the sum of the gradients
 * that meet there. Results differ by rounding.
 */
export function useCustomBatchNorms(portable: Program, elementTypes: readonly string[]): Program {
  if (elementTypes.length === 0) return portable;
  // What no signature needs must not become an input of what one does.
  const program = rewriteProgram(portable, []);
  const { graph } = program;
  const fits = ({ dtype, shape }: { dtype: string; shape: readonly number[] }): boolean =>
    elementTypes.includes(dtype) && shape.at(-1)! > 0 && shape.at(-1)! % LANES === 0;
  const batchNorms = graph.nodes.filter((node) => isTrainingBatchNorm(node) && fits(node.outputs[0]!));
  if (batchNorms.length === 0 && graph.nodes.every(({ type }) => type !== 'ReluGrad')) return portable;
  const uses = new Uses(program);
  const fusions = findBatchNormFusions(program, batchNorms, uses);
  const replaced = new Set(batchNorms.map(({ name }) => name));
  // Where the values of the old graph went, by node: what a fused op needs was rebuilt before it, as nodes are in
  // topological order.
  const rebuilt = new Map<string, readonly Tensor[]>();
  const moved = ({ node, output }: Tensor): Tensor => rebuilt.get(node)![output]!;

  /**
   * The batch norm whose batch mean a tensor is; a running mean, which any batch norm may be given, is another output.
   */
  const batchNormOf = (statistic: Tensor | undefined): GraphNode | undefined =>
    statistic?.output === 3 && replaced.has(statistic.node) ? graph.node(statistic.node) : undefined;

  const emitBatchNorm = (g: Graph, node: GraphNode): readonly Tensor[] => {
    const fusion = fusions.byBatchNorm.get(node.name);
    const sideInputs = fusion?.sideInput ? [fusion.sideInput] : [];
    const { T, epsilon, exponential_avg_factor } = node.attrs;
    const attrs = {
      T: T!,
      epsilon: epsilon!,
      exponential_avg_factor: exponential_avg_factor!,
      fused_relu: attr.bool(fusion !== undefined),
      num_side_inputs: attr.int(sideInputs.length),
      num_moments: attr.int(0),
    };
    const inputs = [...node.inputs, ...sideInputs].map(moved);
    const outputs = g.op(FUSED_BATCH_NORM, inputs, attrs, node.outputs.slice(0, 5), { name: node.name });
    // Only the gradient reads the sixth output, and the custom gradient does not.
    return [...outputs, outputs[4]!];
  };

  const emitRecomputed = (g: Graph, node: GraphNode): readonly Tensor[] | undefined => {
    if (isTrainingBatchNorm(node) || !batchNormOf(node.inputs[3])) return undefined;
    const { T, epsilon } = node.attrs;
    const attrs = { T: T!, epsilon: epsilon!, fused_relu: attr.bool(node.type === BATCH_NORM_RELU) };
    const inputs = node.inputs.slice(0, 5).map(moved);
    return g.op('SulcusRecomputedBatchNorm', inputs, attrs, node.outputs.slice(0, 1), { name: node.name });
  };

  /** The `ReluGrad` between a batch norm's output and its gradient `dy`, if it is for this batch norm alone. */
  const reluGradientOf = (batchNorm: GraphNode, dy: Tensor): GraphNode | undefined => {
    const node = graph.node(dy.node);
    if (node.type !== 'ReluGrad' || !uses.isOnlyFor(node)) return undefined;
    const features = graph.node(node.inputs[1]!.node);
    const fusion = fusions.byBatchNorm.get(batchNorm.name);
    const isFused = fusion !== undefined && !fusion.sideInput && fusion.relu === features.name;
    return isFused || (features.type === BATCH_NORM_RELU && batchNormOf(features.inputs[3]) === batchNorm)
      ? node
      : undefined;
  };

  const emitGradient = (g: Graph, node: GraphNode): readonly Tensor[] | undefined => {
    const [dy, x, scale, mean, variance] = node.inputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const batchNorm = batchNormOf(mean);
    if (!batchNorm) return undefined;
    const reluGradient = reluGradientOf(batchNorm, dy);
    const offset = batchNorm.inputs[2]!;
    const inputs = [reluGradient ? reluGradient.inputs[0]! : dy, x, scale, offset, mean, variance].map(moved);
    const { T, epsilon } = node.attrs;
    const attrs = { T: T!, epsilon: epsilon!, fused_relu: attr.bool(reluGradient !== undefined) };
    const [dx, dScale, dOffset] = g.op('SulcusFusedBatchNormGrad', inputs, attrs, node.outputs.slice(0, 3), {
      name: node.name,
    }) as [Tensor, Tensor, Tensor];
    // What was opaque there is read by nobody.
    return [dx, dScale, dOffset, dScale, dOffset];
  };

  const emitReluGradient = (g: Graph, node: GraphNode): readonly Tensor[] | undefined => {
    if (!fits(node.outputs[0]!)) return undefined;
    const [dy, y] = node.inputs as [Tensor, Tensor];
    const sum = graph.node(dy.node);
    const isSum =
      SUMS.has(sum.type) && uses.isOnlyFor(sum) && sum.inputs.every(({ shape }) => shape.join() === dy.shape.join());
    const gradients = isSum ? sum.inputs : [dy];
    const attrs = { T: node.attrs['T']!, N: attr.int(gradients.length) };
    return g.op('SulcusAddNReluGrad', [y, ...gradients].map(moved), attrs, node.outputs, { name: node.name });
  };

  const emit = (g: Graph, node: GraphNode): readonly Tensor[] | undefined => {
    if (replaced.has(node.name)) return emitBatchNorm(g, node);
    const fusedInto = fusions.byRelu.get(node.name);
    if (fusedInto) return [rebuilt.get(fusedInto)![0]!];
    switch (node.type) {
      case 'FusedBatchNormV3':
      case BATCH_NORM_RELU:
        return emitRecomputed(g, node);
      case 'FusedBatchNormGradV3':
        return emitGradient(g, node);
      case 'ReluGrad':
        return emitReluGradient(g, node);
      default:
        return undefined;
    }
  };
  const rewrite: Rewrite = (g, node, inputs) => {
    const outputs = emit(g, node) ?? g.op(node.type, inputs, node.attrs, node.outputs, { name: node.name });
    rebuilt.set(node.name, outputs);
    return outputs;
  };
  // The second pass drops what was fused.
  return rewriteProgram(rewriteProgram(program, [rewrite]), []);
}
