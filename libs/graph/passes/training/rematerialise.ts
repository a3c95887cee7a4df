import type { Graph, Tensor } from '../../core/index.js';
import { backwardPassOf } from '../../gradients/index.js';
import type { Program } from '../../program/program.js';
import type { Rewrite } from '../rewrite-graph.js';
import { rewriteProgram } from '../rewrite-program.js';
import { isTrainingBatchNorm, recomputeBatchNorm } from './recomputed-batch-norm.js';
import { comesFromBackwardPass, rematerialisableIn } from './rematerialisable.js';

/**
 * Rematerialisation (Chen et al. 2016, https://arxiv.org/abs/1604.06174), device-specific, for CPUs with oneDNN: what
 * follows a batch norm element by element, and paddings, are not kept from the forward pass until the backward pass
 * needs them, but recomputed there, just before their first use. They are a fifth to a half of what a step holds. The
 * numbers stay the same up to rounding.
 */
export function rematerialise(program: Program): Program {
  const { graph } = program;
  if (graph.nodes.every(({ name }) => backwardPassOf(name) === undefined)) return program;
  const isRematerialisable = rematerialisableIn(graph);
  // Where the values of the old graph went, by node.
  const rebuilt = new Map<string, readonly Tensor[]>();
  // Those recomputed, by backward pass and node: one pass must not wait for another, which may not run.
  const recomputed = new Map<string, Tensor>();
  const moved = ({ node, output }: Tensor): Tensor => rebuilt.get(node)![output]!;

  /** The value recomputed, once `start` is there. */
  const recompute = (g: Graph, tensor: Tensor, start: Tensor): Tensor => {
    const key = `${backwardPassOf(start.node)}${tensor.node}`;
    const known = recomputed.get(key);
    if (known) return known;
    const value = emitRecomputation(g, tensor, start);
    recomputed.set(key, value);
    return value;
  };
  const emitRecomputation = (g: Graph, tensor: Tensor, start: Tensor): Tensor => {
    const node = graph.node(tensor.node);
    const options = { name: `${node.name}/recomputed`, controlInputs: [start] };
    const before = node.inputs[0]!;
    const batchNorm = isTrainingBatchNorm(node) ? node : node.type === 'Relu' ? graph.node(before.node) : undefined;
    if (batchNorm && isTrainingBatchNorm(batchNorm)) {
      const computed = {
        inputs: batchNorm.inputs.map(moved),
        outputs: rebuilt.get(batchNorm.name)!,
        fusedRelu: batchNorm !== node,
      };
      return recomputeBatchNorm(g, batchNorm, computed, options);
    }
    const inputs = node.inputs.map((input) => (isRematerialisable(input) ? recompute(g, input, start) : moved(input)));
    return g.op(node.type, inputs, node.attrs, node.outputs, options)[0]!;
  };

  const rewrite: Rewrite = (g, node, inputs) => {
    const gradient =
      backwardPassOf(node.name) === undefined
        ? undefined
        : node.inputs.find((input) => comesFromBackwardPass(graph, input));
    const used = gradient
      ? node.inputs.map((input, index) =>
          isRematerialisable(input) ? recompute(g, input, moved(gradient)) : inputs[index]!,
        )
      : inputs;
    const outputs = g.op(node.type, used, node.attrs, node.outputs, { name: node.name });
    rebuilt.set(node.name, outputs);
    return outputs;
  };
  return rewriteProgram(program, [rewrite]);
}
