import { Graph, graphError, type GraphNode, type Tensor } from '../core/index.js';

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
    const outputs = graph.withDevice(node.device, () =>
      graph.withControlInputs(
        controls,
        () =>
          firstAnswer(rewrites, graph, node, inputs) ??
          graph.op(node.type, inputs, node.attrs, node.outputs, { name: node.name }),
      ),
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
