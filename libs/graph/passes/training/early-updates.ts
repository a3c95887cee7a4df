import { Graph, type GraphNode } from '../../core/index.js';
import { backwardPassOf } from '../../gradients/index.js';
import type { Program } from '../../program/program.js';
import { neededTogether } from '../rewrite-program.js';
import { comesFromBackwardPass } from './rematerialisable.js';

/**
 * Ops that make the gradient of a layer's weights, the largest values of the backward pass besides those of
 * activations.
 */
const WEIGHT_GRADIENTS = new Set(['Conv2DBackpropFilter', 'DepthwiseConv2dNativeBackpropFilter', 'MatMul']);

/** What may lie between a gradient and the update, and what an update reads besides. */
const LIGHT = new Set([
  'Const',
  'Placeholder',
  'VarHandleOp',
  'ReadVariableOp',
  'AssignVariableOp',
  'Cast',
  'Identity',
  'Reshape',
  'Mul',
  'AddV2',
  'Sub',
  'CheckNumerics',
]);

const isUpdate = ({ type }: GraphNode): boolean => type.startsWith('ResourceApply');

/**
 * Device-specific rewrite of a training step for one device that runs an op at a time: weights are updated as soon as
 * their gradient is there, before the next layer's is computed, instead of all at the end. The gradients of all layers
 * then need not be kept together. The numbers stay the same to the bit.
 */
export function updateEarly(program: Program): Program {
  const { graph, signatures } = program;
  const updates = graph.nodes.filter(isUpdate);
  if (updates.length === 0) return program;
  // A signature that wants a gradient alone must not update anything.
  const alwaysTogether = neededTogether(program);

  const placed = new Set<string>();
  const order: GraphNode[] = [];
  const waits = new Map<string, readonly string[]>();
  const before = ({ inputs, controlInputs }: GraphNode): GraphNode[] =>
    [...inputs.map(({ node }) => node), ...controlInputs].map((name) => graph.node(name));
  const place = (node: GraphNode): void => {
    if (placed.has(node.name)) return;
    before(node).forEach(place);
    placed.add(node.name);
    order.push(node);
  };
  const isWithinReach = (node: GraphNode): boolean =>
    before(node).every((each) => placed.has(each.name) || (LIGHT.has(each.type) && isWithinReach(each)));

  const waiting = new Set(updates);
  for (const node of graph.nodes) {
    if (WEIGHT_GRADIENTS.has(node.type) && backwardPassOf(node.name) !== undefined) {
      before(node).forEach(place);
      const early = [...waiting].filter((update) => isWithinReach(update) && alwaysTogether(node, update));
      // After the gradient that this one is computed from: then the layer before has no use for its old weights any
      // more, which the update would have to copy.
      const outputGradients = node.inputs
        .filter((input) => comesFromBackwardPass(graph, input))
        .map((input) => input.node);
      for (const update of early) {
        place(update);
        waits.set(update.name, outputGradients);
        waiting.delete(update);
      }
      waits.set(
        node.name,
        early.map(({ name }) => name),
      );
    }
    if (isUpdate(node)) waiting.delete(node);
    place(node);
  }
  return { graph: copyInOrder(order, waits), signatures };
}

/** The same nodes under the same names, in another order, some of them waiting for more. */
function copyInOrder(order: readonly GraphNode[], waits: ReadonlyMap<string, readonly string[]>): Graph {
  const graph = new Graph();
  for (const { name, type, inputs, attrs, outputs, controlInputs, device } of order) {
    const controls = [...controlInputs, ...(waits.get(name) ?? [])].map((node) => ({ node }));
    graph.withDevice(device, () => graph.op(type, inputs, attrs, outputs, { name, controlInputs: controls }));
  }
  return graph;
}
