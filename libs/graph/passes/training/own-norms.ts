import { attr, type Graph, type GraphNode, type Tensor } from '../../core/index.js';
import type { Rewrite } from '../lowering.js';
import type { Program } from '../../program/program.js';
import { rewriteProgram, Uses } from '../rewrite-program.js';
import { LANES, OWN_NORM } from '../own-convolutions.js';
import { findNormChains } from './norm-chains.js';
import { isTrainingNorm } from './repeated-norm.js';

const SUMS = new Set(['AddV2', 'AddN']);

/**
 * Device-specific form of a program that trains: batch norms and rectifiers by the project's own kernels
 * (libs/engine/native/kernels). One pass over memory does what several ops did: a norm with the shortcut's sum and the rectifier
 * behind it; a norm's gradient with the rectifier's; the rectifier's with the sum of the slopes that meet there.
 * Results differ by rounding.
 */
export function useOwnNorms(portable: Program, elementTypes: readonly string[]): Program {
  if (elementTypes.length === 0) return portable;
  // What no entry point needs must not become an input of what one does.
  const program = rewriteProgram(portable, []);
  const { graph } = program;
  const fits = ({ dtype, shape }: { dtype: string; shape: readonly number[] }): boolean =>
    elementTypes.includes(dtype) && shape.at(-1)! > 0 && shape.at(-1)! % LANES === 0;
  const norms = graph.nodes.filter((node) => isTrainingNorm(node) && fits(node.outputs[0]!));
  if (norms.length === 0 && graph.nodes.every(({ type }) => type !== 'ReluGrad')) return portable;
  const uses = new Uses(program);
  const chains = findNormChains(program, norms, uses);
  const ownNorms = new Set(norms.map(({ name }) => name));
  // Where the values of the old graph went, by node: what a fused op needs was rebuilt before it, as nodes are in topological order.
  const rebuilt = new Map<string, readonly Tensor[]>();
  const moved = ({ node, output }: Tensor): Tensor => rebuilt.get(node)![output]!;

  /** The norm whose batch mean a tensor is; a running mean, which any norm may be given, is another output. */
  const normBehind = (statistic: Tensor | undefined): GraphNode | undefined =>
    statistic?.output === 3 && ownNorms.has(statistic.node) ? graph.node(statistic.node) : undefined;

  const emitNorm = (g: Graph, node: GraphNode): readonly Tensor[] => {
    const chain = chains.byNorm.get(node.name);
    const sides = chain?.side ? [chain.side] : [];
    const { T, epsilon, exponential_avg_factor } = node.attrs;
    const attrs = {
      T: T!,
      epsilon: epsilon!,
      exponential_avg_factor: exponential_avg_factor!,
      fused_relu: attr.bool(chain !== undefined),
      num_side_inputs: attr.int(sides.length),
      num_moments: attr.int(0),
    };
    const outputs = g.op(OWN_NORM, [...node.inputs, ...sides].map(moved), attrs, node.outputs.slice(0, 5), {
      name: node.name,
    });
    // Only the gradient reads the sixth output, and the own gradient does not.
    return [...outputs, outputs[4]!];
  };

  const emitAgain = (g: Graph, node: GraphNode): readonly Tensor[] | undefined => {
    if (isTrainingNorm(node) || !normBehind(node.inputs[3])) return undefined;
    const { T, epsilon } = node.attrs;
    return g.op(
      'SulcusRecomputedBatchNorm',
      node.inputs.slice(0, 5).map(moved),
      { T: T!, epsilon: epsilon!, fused_relu: attr.bool(node.type === '_MklNativeFusedBatchNormEx') },
      node.outputs.slice(0, 1),
      { name: node.name },
    );
  };

  /** The op that makes the slope at a norm's rectified output into the one before the rectifier, if it is for this norm alone. */
  const rectifierGradient = (norm: GraphNode, slope: Tensor): GraphNode | undefined => {
    const node = graph.node(slope.node);
    if (node.type !== 'ReluGrad' || !uses.isOnlyFor(node)) return undefined;
    const features = graph.node(node.inputs[1]!.node);
    const chain = chains.byNorm.get(norm.name);
    const isEnd = chain !== undefined && !chain.side && chain.end === features.name;
    return isEnd || (features.type === '_MklNativeFusedBatchNormEx' && normBehind(features.inputs[3]) === norm)
      ? node
      : undefined;
  };

  const emitNormGradient = (g: Graph, node: GraphNode): readonly Tensor[] | undefined => {
    const [slope, x, scale, mean, variance] = node.inputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const norm = normBehind(mean);
    if (!norm) return undefined;
    const rectifier = rectifierGradient(norm, slope);
    const inputs = [rectifier ? rectifier.inputs[0]! : slope, x, scale, norm.inputs[2]!, mean, variance].map(moved);
    const { T, epsilon } = node.attrs;
    const [dx, dScale, dOffset] = g.op(
      'SulcusFusedBatchNormGrad',
      inputs,
      { T: T!, epsilon: epsilon!, fused_relu: attr.bool(rectifier !== undefined) },
      node.outputs.slice(0, 3),
      { name: node.name },
    ) as [Tensor, Tensor, Tensor];
    // What was opaque there is read by nobody.
    return [dx, dScale, dOffset, dScale, dOffset];
  };

  const emitRectifierGradient = (g: Graph, node: GraphNode): readonly Tensor[] | undefined => {
    if (!fits(node.outputs[0]!)) return undefined;
    const [slope, y] = node.inputs as [Tensor, Tensor];
    const sum = graph.node(slope.node);
    const isSum =
      SUMS.has(sum.type) && uses.isOnlyFor(sum) && sum.inputs.every(({ shape }) => shape.join() === slope.shape.join());
    const slopes = isSum ? sum.inputs : [slope];
    return g.op(
      'SulcusAddNReluGrad',
      [y, ...slopes].map(moved),
      { T: node.attrs['T']!, N: attr.int(slopes.length) },
      node.outputs,
      { name: node.name },
    );
  };

  const emit = (g: Graph, node: GraphNode): readonly Tensor[] | undefined => {
    if (ownNorms.has(node.name)) return emitNorm(g, node);
    const finished = chains.byEnd.get(node.name);
    if (finished) return [rebuilt.get(finished)![0]!];
    switch (node.type) {
      case 'FusedBatchNormV3':
      case '_MklNativeFusedBatchNormEx':
        return emitAgain(g, node);
      case 'FusedBatchNormGradV3':
        return emitNormGradient(g, node);
      case 'ReluGrad':
        return emitRectifierGradient(g, node);
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
