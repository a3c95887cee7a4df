import { attr, Graph, graphError, describe, type GraphNode, type Tensor } from '../core/index.js';
import { cast, decodeRaw, identity, reshape } from '../ops/index.js';

/** What a node turns into: its outputs, made of nodes of the new graph from already rewritten inputs. */
export type Rewrite = (g: Graph, node: GraphNode, inputs: readonly Tensor[]) => readonly Tensor[] | undefined;

/** A copy of a graph in which some nodes are rewritten, and where each value of the old one went. */
export interface RewrittenGraph {
  readonly graph: Graph;
  /** The new tensor for one of the old graph. */
  readonly moved: (tensor: Tensor) => Tensor;
  /** The name of the node that stands for one of the old graph as an operation. */
  readonly movedNode: (name: string) => string;
}

/**
 * Rebuilds a graph node by node; the first rewrite that answers replaces the node, else it is copied as it is.
 *
 * @param kept names of the nodes to rebuild, with everything they need; all when not given
 */
export function rewriteGraph(source: Graph, rewrites: readonly Rewrite[], kept?: ReadonlySet<string>): RewrittenGraph {
  const graph = new Graph();
  const tensors = new Map<string, readonly Tensor[]>();
  const operations = new Map<string, string>();
  const moved = (tensor: Tensor): Tensor => {
    const found = tensors.get(tensor.node)?.[tensor.output];
    if (!found) throw graphError(`"${tensor.node}:${tensor.output}" is not of this graph`);
    return found;
  };
  const movedNode = (name: string): string => {
    const found = operations.get(name);
    if (found === undefined) throw graphError(`"${name}" is not of this graph`);
    return found;
  };
  for (const node of source.nodes) {
    if (kept && !kept.has(node.name)) continue;
    const inputs = node.inputs.map(moved);
    const controls = node.controlInputs.map((name) => ({ node: movedNode(name) }));
    const outputs = graph.withControlInputs(
      controls,
      () =>
        firstAnswer(rewrites, graph, node, inputs) ??
        graph.op(node.type, inputs, node.attrs, node.outputs, { name: node.name }),
    );
    tensors.set(node.name, outputs);
    operations.set(node.name, outputs[0]?.node ?? graph.lastOperation.node);
  }
  return { graph, moved, movedNode };
}

function firstAnswer(
  rewrites: readonly Rewrite[],
  g: Graph,
  node: GraphNode,
  inputs: readonly Tensor[],
): readonly Tensor[] | undefined {
  for (const rewrite of rewrites) {
    const outputs = rewrite(g, node, inputs);
    if (outputs) return outputs;
  }
  return undefined;
}

/** Name of the string placeholder that carries the bytes of a numeric one. */
export const bytesPlaceholder = (name: string): string => `${name}/bytes`;

/**
 * Feeds every numeric placeholder as one string of raw bytes that the graph decodes. One copy, no float conversion in
 * TypeScript, no round trip through a GPU, and no buffer of JavaScript's that a variable could keep alive.
 */
export const feedAsBytes: Rewrite = (g, node) => {
  const output = node.outputs[0];
  if (node.type !== 'Placeholder' || !output || output.dtype === 'string') return undefined;
  if (output.shape.filter((size) => size === -1).length > 1)
    throw graphError(`Placeholder "${node.name}" ${describe(output)}: at most one size may be unknown`);
  const bytes = g.placeholder(bytesPlaceholder(node.name), 'string', []);
  return [reshape(g, decodeRaw(g, bytes, output.dtype), output.shape)];
};

/** What to fetch for a value: the binding reads neither bfloat16 nor uint8, and a session does not fetch what is fed. */
export function fetchable(g: Graph, tensor: Tensor): Tensor {
  if (tensor.dtype === 'bfloat16') return cast(g, tensor, 'float32');
  if (tensor.dtype === 'uint8') return cast(g, tensor, 'int32');
  return g.node(tensor.node).type === 'Placeholder' ? identity(g, tensor) : tensor;
}

/** A tensor that exists only when all the operations have run, because the session can be asked for tensors only. */
export const afterAll = (g: Graph, operations: readonly { node: string }[]): Tensor =>
  g.op('Identity', [g.constant(0, 'int32')], { T: attr.type('int32') }, [{ dtype: 'int32', shape: [] }], {
    name: 'done',
    controlInputs: operations,
  })[0]!;
