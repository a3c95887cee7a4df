import { attr, type Graph, type GraphNode, type Tensor } from '../../graph/index.js';
import { isGradientNode } from '../../gradients/index.js';
import type { Rewrite } from '../lowering.js';
import type { Program } from '../program.js';
import { rewriteProgram } from '../rewrite-program.js';

/**
 * Device-specific form of a training step for CPUs with oneDNN: paddings, and rectified batch normalisations, are not kept
 * from the forward pass until the backward pass needs them but computed again there, each just before its first use. They
 * are a sixth to a half of what a step holds, and cost it one more pass over them. A batch norm is repeated with the
 * statistics it found: only this device hands them on as mean and variance. Numbers stay the same.
 */
export function rematerialise(program: Program): Program {
  const { graph } = program;
  if (!graph.nodes.some(({ name }) => isGradientNode(name))) return program;
  // Where the values of the old graph went, and the repeated ones, by node and output.
  const rebuilt = new Map<string, readonly Tensor[]>();
  const repeated = new Map<string, Tensor>();
  const moved = ({ node, output }: Tensor): Tensor => rebuilt.get(node)![output]!;

  /** The value computed anew after `start`; undefined when it is not worth it. */
  const repeat = (g: Graph, tensor: Tensor, start: Tensor): Tensor | undefined => {
    const known = repeated.get(tensor.node);
    if (known) return known;
    const node = graph.node(tensor.node);
    const emit = node.type === 'Pad' ? repeatPad : node.type === 'Relu' && isTrainingNorm(graph.node(node.inputs[0]!.node)) ? repeatNormRelu : undefined;
    const value = emit?.(g, node, start);
    if (value) repeated.set(tensor.node, value);
    return value;
  };
  const repeatPad = (g: Graph, node: GraphNode, start: Tensor): Tensor => {
    const [x, amounts] = node.inputs as [Tensor, Tensor];
    return g.op(node.type, [repeat(g, x, start) ?? moved(x), moved(amounts)], node.attrs, node.outputs, { name: `${node.name}/again`, controlInputs: [start] })[0]!;
  };
  const repeatNormRelu = (g: Graph, node: GraphNode, start: Tensor): Tensor => {
    const norm = graph.node(node.inputs[0]!.node);
    const [x, scale, offset] = norm.inputs.slice(0, 3).map(moved);
    const [, , , mean, variance] = rebuilt.get(norm.name)!;
    const attrs = { ...norm.attrs, is_training: attr.bool(false), exponential_avg_factor: attr.float(1) };
    const [y] = g.op(norm.type, [x!, scale!, offset!, mean!, variance!], attrs, norm.outputs, { name: `${norm.name}/again`, controlInputs: [start] });
    return g.op(node.type, [y!], node.attrs, node.outputs, { name: `${node.name}/again` })[0]!;
  };

  const rewrite: Rewrite = (g, node, inputs) => {
    // Of several gradients any will do: they come at about the same time.
    const gradient = isGradientNode(node.name) ? node.inputs.find((input) => isGradientNode(input.node) && graph.node(input.node).inputs.length > 0) : undefined;
    const used = gradient ? node.inputs.map((input, index) => (isGradientNode(input.node) ? undefined : repeat(g, input, moved(gradient))) ?? inputs[index]!) : inputs;
    const outputs = g.op(node.type, used, node.attrs, node.outputs, { name: node.name });
    rebuilt.set(node.name, outputs);
    return outputs;
  };
  return rewriteProgram(program, [rewrite]);
}

const isTrainingNorm = (node: GraphNode): boolean => node.type === 'FusedBatchNormV3' && node.attrs['is_training']?.value === true;
