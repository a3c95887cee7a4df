import { tensorInput, stringAttr, boolAttr, type OpKernel, type OpCall, type OpKernels } from '../op-kernel.js';
import { fillUniform } from '../philox.js';
import type { HeapValue, HostValue, Value } from '../value.js';
import { fromBytes } from './layout.js';

/** The variable that a handle names. */
function variableOf({ node, inputs }: OpCall, index: number): string {
  const handle = inputs[index];
  if (handle?.place !== 'variable') throw new Error(`input ${index} of ${node.type} "${node.name}" is no variable`);
  return handle.name;
}

function read({ state: { variables } }: OpCall, name: string): HeapValue | HostValue {
  const value = variables.get(name);
  if (!value) throw new Error(`the variable "${name}" was read before it was assigned`);
  return value;
}

const readHeap = (call: OpCall, index: number): HeapValue => {
  const value = read(call, variableOf(call, index));
  if (value.place !== 'heap') throw new Error(`${call.node.type} "${call.node.name}" cannot update ${value.dtype}`);
  return value;
};

/** Gives a variable a value that nobody else frees. */
function assign({ heap, state: { variables } }: OpCall, name: string, value: HeapValue | HostValue): void {
  const replaced = variables.get(name);
  variables.set(name, value);
  if (replaced) heap.free(replaced);
}

/**
 * Copies of the variables at the inputs' places, to be written to and assigned. A new tensor each, because kernels
 * cache what they know of a filter by its tensor.
 */
function updated(call: OpCall, count: number, update: (...values: Float32Array[]) => void): readonly Value[] {
  const { heap } = call;
  const old = Array.from({ length: count }, (_, index) => readHeap(call, index));
  const fresh = old.map((value) => heap.allocate(value.shape));
  fresh.forEach((value, index) => heap.floats(value).set(heap.floats(old[index]!)));
  update(...fresh.map((value) => heap.floats(value)));
  // A share of its own for the variable: what the kernel allocated is freed when it ends.
  fresh.forEach((value, index) => assign(call, variableOf(call, index), keep(call, value)));
  return [];
}

/** A share that outlives the run. */
function keep({ heap }: OpCall, value: HeapValue | HostValue): HeapValue | HostValue {
  return value.place === 'host' ? value : heap.retain(value);
}

const scalar = (call: OpCall, index: number): number => call.heap.floats(tensorInput(call, index))[0]!;

const constant: OpKernel = (call) => {
  const { node, heap, state } = call;
  let value = state.constants.get(node.name);
  if (!value) {
    const data = node.attrs['value'];
    if (data?.kind !== 'tensor') throw new Error(`the constant "${node.name}" has no value`);
    value = keep(call, fromBytes(heap, data.value.bytes, data.value.dtype, data.value.shape));
    state.constants.set(node.name, value);
  }
  return [value.place === 'heap' ? heap.share(value) : value];
};

/** Kernels of what comes from outside or stays between runs, of checks and of randomness. */
export const stateKernels: OpKernels = {
  Const: constant,
  Placeholder: ({ node, state }) => {
    const fed = state.feeds.get(node.name);
    if (!fed) throw new Error(`the placeholder "${node.name}" is not fed`);
    return [fed];
  },
  NoOp: () => [],

  VarHandleOp: ({ node }) => [{ place: 'variable', name: stringAttr(node, 'shared_name') }],
  ReadVariableOp: (call) => {
    const value = read(call, variableOf(call, 0));
    return [value.place === 'heap' ? call.heap.share(value) : value];
  },
  AssignVariableOp: (call) => {
    const value = call.inputs[1]!;
    if (value.place === 'variable') throw new Error(`"${call.node.name}" cannot assign a variable to a variable`);
    assign(call, variableOf(call, 0), keep(call, value));
    return [];
  },
  ResourceApplyGradientDescent: (call) => {
    const rate = scalar(call, 1);
    const gradient = tensorInput(call, 2);
    return updated(call, 1, (weights) => {
      const gradients = call.heap.floats(gradient);
      for (let i = 0; i < weights.length; i++) weights[i]! -= rate * gradients[i]!;
    });
  },
  ResourceApplyMomentum: (call) => {
    const [rate, momentum, nesterov] = [scalar(call, 2), scalar(call, 4), boolAttr(call.node, 'use_nesterov')];
    const gradient = tensorInput(call, 3);
    return updated(call, 2, (weights, accumulator) => {
      const gradients = call.heap.floats(gradient);
      for (let i = 0; i < weights.length; i++) {
        accumulator[i] = momentum * accumulator[i]! + gradients[i]!;
        weights[i]! -= rate * (nesterov ? gradients[i]! + momentum * accumulator[i]! : accumulator[i]!);
      }
    });
  },
  ResourceApplyAdam: (call) => {
    const [beta1Power, beta2Power, rate, beta1, beta2, epsilon] = [3, 4, 5, 6, 7, 8].map((index) =>
      scalar(call, index),
    ) as [number, number, number, number, number, number];
    const gradient = tensorInput(call, 9);
    const stepSize = (rate * Math.sqrt(1 - beta2Power)) / (1 - beta1Power);
    return updated(call, 3, (weights, m, v) => {
      const gradients = call.heap.floats(gradient);
      for (let i = 0; i < weights.length; i++) {
        m[i]! += (gradients[i]! - m[i]!) * (1 - beta1);
        v[i]! += (gradients[i]! * gradients[i]! - v[i]!) * (1 - beta2);
        weights[i]! -= (stepSize * m[i]!) / (Math.sqrt(v[i]!) + epsilon);
      }
    });
  },

  CheckNumerics: (call) => {
    const x = tensorInput(call, 0);
    for (const value of call.heap.floats(x)) {
      if (!Number.isFinite(value))
        throw new Error(
          `${stringAttr(call.node, 'message')}: tensor had ${Number.isNaN(value) ? 'NaN' : 'Inf'} values`,
        );
    }
    return [call.heap.share(x)];
  },
  StatelessRandomUniform: (call) => {
    const { heap } = call;
    const y = heap.allocate(Array.from(heap.view(tensorInput(call, 0))));
    const [first, second] = heap.view(tensorInput(call, 1));
    fillUniform(heap.floats(y), [first!, second!]);
    return [y];
  },
};
