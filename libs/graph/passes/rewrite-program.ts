import type { GraphNode, Tensor } from '../core/index.js';
import { rewriteGraph, type Rewrite } from './rewrite-graph.js';
import type { Signature, Program } from '../program/program.js';

const mapTensors = (
  tensors: Readonly<Record<string, Tensor>>,
  map: (tensor: Tensor) => Tensor,
): Record<string, Tensor> => Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, map(tensor)]));

/** Every tensor and operation a signature names. */
const namedBy = ({ inputs, outputs, targets = [] }: Signature): { node: string }[] => [
  ...Object.values(inputs),
  ...Object.values(outputs),
  ...targets,
];

/** The names of the nodes that the signatures need. */
export function neededNodes({ graph, signatures }: Program): Set<string> {
  const needed = new Set<string>();
  const waiting = Object.values(signatures).flatMap((entry) => namedBy(entry).map(({ node }) => node));
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (needed.has(name)) continue;
    needed.add(name);
    const { inputs, controlInputs } = graph.node(name);
    waiting.push(...inputs.map(({ node }) => node), ...controlInputs);
  }
  return needed;
}

/** Tells whether every signature that needs one node needs another too. */
export function neededTogether({ graph, signatures }: Program): (node: GraphNode, other: GraphNode) => boolean {
  const needs = Object.values(signatures).map((entry) => neededNodes({ graph, signatures: { entry } }));
  return (node, other) => needs.every((needed) => !needed.has(node.name) || needed.has(other.name));
}

/** Rewrites a program's graph, keeping only what its signatures need. */
export function rewriteProgram(program: Program, rewrites: readonly Rewrite[]): Program {
  const { graph, moved, movedNode } = rewriteGraph(program.graph, rewrites, neededNodes(program));
  const signatures = Object.entries(program.signatures).map(
    ([name, { inputs, outputs, targets }]): [string, Signature] => [
      name,
      {
        inputs: mapTensors(inputs, moved),
        outputs: mapTensors(outputs, moved),
        ...(targets && { targets: targets.map(({ node }) => ({ node: movedNode(node) })) }),
      },
    ],
  );
  return { graph, signatures: Object.fromEntries(signatures) };
}

/** How often each value of a program is used, signatures included: by node and output. */
export class Uses {
  readonly #counts = new Map<string, number>();
  readonly #readers = new Map<string, GraphNode>();

  constructor({ graph, signatures }: Program) {
    const add = ({ node, output }: Tensor): void =>
      void this.#counts.set(`${node}:${output}`, this.of(node, output) + 1);
    for (const node of graph.nodes) {
      node.inputs.forEach(add);
      for (const { node: name, output } of node.inputs) if (output === 0) this.#readers.set(name, node);
    }
    for (const { outputs } of Object.values(signatures)) Object.values(outputs).forEach(add);
  }

  of(node: string, output: number): number {
    return this.#counts.get(`${node}:${output}`) ?? 0;
  }

  /** The node of this type that reads a node's output 0, if nothing else does. */
  onlyReader(node: GraphNode, type: string): GraphNode | undefined {
    const reader = this.of(node.name, 0) === 1 ? this.#readers.get(node.name) : undefined;
    return reader?.type === type ? reader : undefined;
  }

  /** Whether a node exists for the sake of one other node only, which takes its output 0. */
  isOnlyFor(node: GraphNode): boolean {
    return node.outputs.every((_, output) => this.of(node.name, output) === (output === 0 ? 1 : 0));
  }
}
