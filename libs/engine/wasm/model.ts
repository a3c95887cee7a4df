import type { GraphNode, TensorValue } from '#libs/graph';
import type { HeapValue, HostValue, Value } from './value.js';
import type { Heap } from './heap.js';
import { opKernelFor, planRun, type Plan } from './plan.js';

/** A graph that is interpreted node by node, with its variables. Every call blocks. */
export class Model {
  readonly #variables = new Map<string, HeapValue | HostValue>();
  readonly #constants = new Map<string, HeapValue | HostValue>();
  readonly #plans = new Map<string, Plan>();

  /** @throws Error for an op type that has no kernel */
  constructor(
    private readonly heap: Heap,
    private readonly nodes: readonly GraphNode[],
  ) {
    nodes.forEach(opKernelFor);
  }

  /** One run: feeds in, fetched values out, in the order of `fetches`. Frees whatever it made, also when it fails. */
  run(
    feeds: ReadonlyMap<string, HostValue>,
    fetches: readonly string[],
    onFetched: (index: number, value: TensorValue) => void,
  ): void {
    const { heap } = this;
    const plan = this.#planFor(fetches);
    const state = { variables: this.#variables, constants: this.#constants, feeds };
    // What is alive, by step and output; freed values are taken out.
    const alive: (Value | undefined)[][] = [];
    try {
      for (const { node, kernel, inputs, lastUses } of plan.steps) {
        const given = inputs.map(({ step, output }) => alive[step]![output]!);
        alive.push([...explained(node, () => heap.keepOnly(() => kernel({ node, inputs: given, heap, state })))]);
        for (const { step, output } of lastUses) {
          const value = alive[step]![output];
          if (value) heap.free(value);
          alive[step]![output] = undefined;
        }
      }
      plan.fetches.forEach(({ step, output }, index) => onFetched(index, this.#read(alive[step]![output]!)));
    } finally {
      for (const value of alive.flat()) if (value) heap.free(value);
    }
  }

  /** Frees variables and constants. */
  unload(): void {
    for (const value of [...this.#variables.values(), ...this.#constants.values()]) this.heap.free(value);
    this.#variables.clear();
    this.#constants.clear();
  }

  #planFor(fetches: readonly string[]): Plan {
    const key = fetches.join();
    let plan = this.#plans.get(key);
    if (!plan) this.#plans.set(key, (plan = planRun(this.nodes, fetches)));
    return plan;
  }

  #read(value: Value): TensorValue {
    if (value.place === 'variable') throw new Error(`the variable "${value.name}" cannot be fetched itself: read it`);
    if (value.place === 'host') return { dtype: value.dtype, shape: value.shape, data: value.data } as TensorValue;
    // A copy: the view is of memory that is freed.
    return { dtype: value.dtype, shape: value.shape, data: this.heap.view(value).slice() } as TensorValue;
  }
}

/** Says which node failed. */
function explained<T>(node: GraphNode, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(message.includes(`"${node.name}"`) ? message : `${node.type} "${node.name}": ${message}`, {
      cause: error,
    });
  }
}
