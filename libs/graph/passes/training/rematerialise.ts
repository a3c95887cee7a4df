import type { Graph, Tensor } from '../../core/index.js';
import { backwardPassOf } from '../../gradients/index.js';
import type { Rewrite } from '../lowering.js';
import type { Program } from '../../program/program.js';
import { rewriteProgram } from '../rewrite-program.js';
import { emitNorm, isTrainingNorm } from './repeated-norm.js';
import { comesFromBackwardPass, repeatability } from './repeatable.js';

/**
 * Device-specific form of a training step for CPUs with oneDNN: what follows a batch norm element by element, and
 * paddings, are not kept from the forward pass until the backward pass needs them, but computed again there, just before
 * their first use. They are a fifth to a half of what a step holds. The numbers stay the same up to rounding.
 */
export function rematerialise(program: Program): Program {
  const { graph } = program;
  if (graph.nodes.every(({ name }) => backwardPassOf(name) === undefined)) return program;
  const isRepeatable = repeatability(graph);
  // Where the values of the old graph went, by node.
  const rebuilt = new Map<string, readonly Tensor[]>();
  // Those computed again, by backward pass and node: one pass must not wait for another, which may not run.
  const repeated = new Map<string, Tensor>();
  const moved = ({ node, output }: Tensor): Tensor => rebuilt.get(node)![output]!;

  /** The value computed again, once `start` is there. */
  const repeat = (g: Graph, tensor: Tensor, start: Tensor): Tensor => {
    const key = `${backwardPassOf(start.node)}${tensor.node}`;
    const known = repeated.get(key);
    if (known) return known;
    const value = emitAgain(g, tensor, start);
    repeated.set(key, value);
    return value;
  };
  const emitAgain = (g: Graph, tensor: Tensor, start: Tensor): Tensor => {
    const node = graph.node(tensor.node);
    const options = { name: `${node.name}/again`, controlInputs: [start] };
    const before = node.inputs[0]!;
    const norm = isTrainingNorm(node) ? node : node.type === 'Relu' ? graph.node(before.node) : undefined;
    if (norm && isTrainingNorm(norm))
      return emitNorm(
        g,
        norm,
        { inputs: norm.inputs.map(moved), outputs: rebuilt.get(norm.name)!, rectified: norm !== node },
        options,
      );
    const inputs = node.inputs.map((input) => (isRepeatable(input) ? repeat(g, input, start) : moved(input)));
    return g.op(node.type, inputs, node.attrs, node.outputs, options)[0]!;
  };

  const rewrite: Rewrite = (g, node, inputs) => {
    const gradient =
      backwardPassOf(node.name) === undefined
        ? undefined
        : node.inputs.find((input) => comesFromBackwardPass(graph, input));
    const used = gradient
      ? node.inputs.map((input, index) => (isRepeatable(input) ? repeat(g, input, moved(gradient)) : inputs[index]!))
      : inputs;
    const outputs = g.op(node.type, used, node.attrs, node.outputs, { name: node.name });
    rebuilt.set(node.name, outputs);
    return outputs;
  };
  return rewriteProgram(program, [rewrite]);
}
