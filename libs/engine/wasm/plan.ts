import type { GraphNode } from '#libs/graph';
import type { OpKernel } from './op-kernel.js';
import { opKernels } from './ops/index.js';

/** Where a value of a run is: the step that makes it, and which of its outputs it is. */
export interface ValueRef {
  readonly step: number;
  readonly output: number;
}

/** One node to compute. */
export interface Step {
  readonly node: GraphNode;
  readonly kernel: OpKernel;
  readonly inputs: readonly ValueRef[];
  /** Values that no later step needs. */
  readonly lastUses: readonly ValueRef[];
}

/** The nodes that certain fetched values need, in an order that works. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly fetches: readonly ValueRef[];
}

/** @throws Error naming the op type for which there is no kernel */
export function opKernelFor({ type, name }: GraphNode): OpKernel {
  const kernel = opKernels.get(type);
  if (!kernel) throw new Error(`the portable engine has no kernel for ${type} ("${name}")`);
  return kernel;
}

/** @param nodes the graph, inputs before users @param fetches `node:output` of each value */
export function planRun(nodes: readonly GraphNode[], fetches: readonly string[]): Plan {
  const wanted = fetches.map((fetch) => {
    const colon = fetch.lastIndexOf(':');
    return { node: fetch.slice(0, colon), output: Number(fetch.slice(colon + 1)) };
  });
  const needed = new Set(wanted.map(({ node }) => node));
  // From the last node backwards: whoever needs a node comes after it.
  for (const node of [...nodes].reverse()) {
    if (!needed.has(node.name)) continue;
    for (const input of node.inputs) needed.add(input.node);
    for (const name of node.controlInputs) needed.add(name);
  }
  const order = nodes.filter(({ name }) => needed.has(name));
  const stepOf = new Map(order.map(({ name }, step) => [name, step]));
  const ref = ({ node, output }: { node: string; output: number }): ValueRef => {
    const step = stepOf.get(node);
    if (step === undefined || output >= order[step]!.outputs.length)
      throw new Error(`the graph has no value "${node}:${output}"`);
    return { step, output };
  };
  const lastUses = order.map((): ValueRef[] => []);
  for (const [ref, step] of lastUsers(order, stepOf, wanted)) lastUses[step]!.push(ref);
  return {
    steps: order.map((node, step) => ({
      node,
      kernel: opKernelFor(node),
      inputs: node.inputs.map(ref),
      lastUses: lastUses[step]!,
    })),
    fetches: wanted.map(ref),
  };
}

/**
 * For every value that is not fetched, the step after which it may go: its last user, or its maker when there is none.
 */
function lastUsers(
  order: readonly GraphNode[],
  stepOf: ReadonlyMap<string, number>,
  wanted: readonly { node: string; output: number }[],
): [ValueRef, number][] {
  const last = order.map(({ outputs }, step) => outputs.map(() => step));
  order.forEach((node, step) => node.inputs.forEach((input) => (last[stepOf.get(input.node)!]![input.output] = step)));
  const fetched = new Set(wanted.map(({ node, output }) => `${node}:${output}`));
  return order.flatMap((node, step) =>
    last[step]!.flatMap((user, output): [ValueRef, number][] =>
      fetched.has(`${node.name}:${output}`) ? [] : [[{ step, output }, user]],
    ),
  );
}
