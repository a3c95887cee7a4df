import { encodeTensor, type NumericData } from './data.js';
import { graphError } from './errors.js';
import {
  attr,
  type Attrs,
  type DType,
  type GraphNode,
  type Operation,
  type OpEmitter,
  type OpOptions,
  type Shape,
  type Tensor,
  type TensorSpec,
} from './types.js';
import { Variable } from './variable.js';

/** What the TensorFlow op set allows as a node name; a '/' separates scopes. */
const NODE_NAME = /^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$/;

/** Ops that produce the same value whenever they run, so ordering them buys nothing. */
const ORDERLESS = new Set(['Const', 'Placeholder', 'VarHandleOp']);

/**
 * Constants up to this size are shared between their users on a device: elsewhere they would be copied, and not be
 * folded.
 */
const SHARED_CONSTANT_BYTES = 64;

/**
 * A dataflow graph under construction: nodes of TensorFlow's op set as plain data. It knows nothing of the TensorFlow
 * library, so any executor can run it. Nodes are in topological order because a node's inputs exist before it.
 */
export class Graph implements OpEmitter {
  readonly #nodes: GraphNode[] = [];
  readonly #byName = new Map<string, GraphNode>();
  readonly #uses = new Map<string, number>();
  readonly #variables = new Map<string, Variable>();
  readonly #constants = new Map<string, Tensor>();
  #scope = '';
  #controlInputs: readonly string[] = [];
  #device: string | undefined;

  /** Every node, inputs before users. */
  get nodes(): readonly GraphNode[] {
    return this.#nodes;
  }

  /** Every variable, in the order of creation. */
  get variables(): readonly Variable[] {
    return [...this.#variables.values()];
  }

  /** The names of the operations that every new node waits for; see {@link withControlInputs}. */
  get controlInputs(): readonly string[] {
    return this.#controlInputs;
  }

  /** @throws INVALID_ARGUMENT when there is no such node */
  node(name: string): GraphNode {
    const node = this.#byName.get(name);
    if (!node) throw graphError(`The graph has no node "${name}"`);
    return node;
  }

  /** Runs `build` with `name/` in front of the names of the nodes it adds. */
  withScope<T>(name: string, build: () => T): T {
    const outer = this.#scope;
    this.#scope = this.#unique(`${outer}${name}`) + '/';
    try {
      return build();
    } finally {
      this.#scope = outer;
    }
  }

  /**
   * Runs `build`; every node it adds (constants, placeholders and variable handles apart) runs after the given
   * operations.
   */
  withControlInputs<T>(operations: readonly Operation[], build: () => T): T {
    const outer = this.#controlInputs;
    this.#controlInputs = [...new Set([...outer, ...operations.map((operation) => operation.node)])];
    try {
      return build();
    } finally {
      this.#controlInputs = outer;
    }
  }

  /**
   * Runs `build`; every node it adds (placeholders apart, which are fed where the caller is) runs on the device, for
   * example `/device:GPU:1`. Within another device the inner one holds; undefined leaves it as it is.
   */
  withDevice<T>(device: string | undefined, build: () => T): T {
    const outer = this.#device;
    this.#device = device ?? outer;
    try {
      return build();
    } finally {
      this.#device = outer;
    }
  }

  /** Adds a node of any op type. The typed emitters in `ops/` infer shapes; here the caller states the outputs. */
  op(
    type: string,
    inputs: readonly Tensor[],
    attrs: Attrs,
    outputs: readonly TensorSpec[],
    options: OpOptions = {},
  ): Tensor[] {
    for (const input of inputs) {
      const producer = this.#byName.get(input.node);
      if (!producer || !producer.outputs[input.output])
        throw graphError(`An input of ${type} is not of this graph: ${input.node}:${input.output}`);
    }
    const name = this.#unique(this.#scope + (options.name ?? type));
    if (!NODE_NAME.test(name)) throw graphError(`"${name}" is no legal node name`);
    const own = (options.controlInputs ?? []).map((operation) => this.node(operation.node).name);
    const controlInputs = ORDERLESS.has(type) ? own : [...new Set([...this.#controlInputs, ...own])];
    const node: GraphNode = {
      name,
      type,
      inputs: [...inputs],
      controlInputs,
      attrs,
      outputs: outputs.map(({ dtype, shape }) => ({ dtype, shape: [...shape] })),
      ...(this.#device !== undefined && type !== 'Placeholder' ? { device: this.#device } : {}),
    };
    this.#nodes.push(node);
    this.#byName.set(name, node);
    return node.outputs.map((spec, output) => ({ node: name, output, ...spec }));
  }

  /** A value the caller feeds. Names are used as they stand and must be unique. */
  placeholder(name: string, dtype: DType, shape: Shape): Tensor {
    if (this.#uses.has(this.#scope + name)) throw graphError(`The name "${this.#scope + name}" is taken`);
    return this.op('Placeholder', [], { dtype: attr.type(dtype), shape: attr.shape(shape) }, [{ dtype, shape }], {
      name,
    })[0]!;
  }

  /** A value that is part of the graph: a scalar for a number, a vector for an array unless `shape` says otherwise. */
  constant(value: NumericData, dtype: DType = 'float32', shape?: Shape): Tensor {
    const data = encodeTensor(value, dtype, shape);
    const key =
      data.bytes.length <= SHARED_CONSTANT_BYTES
        ? `${this.#device ?? ''} ${dtype}[${data.shape.join()}]${data.bytes.join()}`
        : undefined;
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known) return known;
    const constant = this.op('Const', [], { dtype: attr.type(dtype), value: attr.tensor(data) }, [data], {
      name: 'constant',
    })[0]!;
    if (key !== undefined) this.#constants.set(key, constant);
    return constant;
  }

  /** State that lives across runs, shared by all signatures. A variable must be assigned before it is read. */
  variable(name: string, shape: Shape, dtype: DType = 'float32'): Variable {
    const fullName = this.#scope + name;
    if (this.#uses.has(fullName)) throw graphError(`The name "${fullName}" is taken`);
    const attrs = {
      dtype: attr.type(dtype),
      shape: attr.shape(shape),
      shared_name: attr.string(fullName),
      container: attr.string(''),
    };
    const handle = this.op('VarHandleOp', [], attrs, [{ dtype: 'resource', shape: [] }], { name })[0]!;
    const variable = new Variable(this, fullName, handle, { dtype, shape: [...shape] });
    this.#variables.set(fullName, variable);
    return variable;
  }

  /** One operation that has run when all the given ones have. */
  group(operations: readonly Operation[], name = 'group'): Operation {
    this.op('NoOp', [], {}, [], { name, controlInputs: operations });
    return { node: this.#nodes.at(-1)!.name };
  }

  /** The operation of the node added last, for ops that have no output to name them by. */
  get lastOperation(): Operation {
    const last = this.#nodes.at(-1);
    if (!last) throw graphError('The graph is empty');
    return { node: last.name };
  }

  #unique(name: string): string {
    const uses = this.#uses.get(name) ?? 0;
    this.#uses.set(name, uses + 1);
    return uses === 0 ? name : this.#unique(`${name}_${uses}`);
  }
}
