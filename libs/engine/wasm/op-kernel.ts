import type { GraphNode } from '#libs/graph';
import type { Heap } from './heap.js';
import type { HeapValue, HostValue, Value } from './value.js';

/** What a model keeps between runs, and what this run is fed. */
export interface ModelState {
  /** Values of variables, by name. */
  readonly variables: Map<string, HeapValue | HostValue>;
  /** Values of constants, by node, made at their first use. */
  readonly constants: Map<string, HeapValue | HostValue>;
  /** Fed bytes, by the node of their placeholder. */
  readonly feeds: ReadonlyMap<string, HostValue>;
}

/** What a kernel sees of the node it computes. */
export interface OpCall {
  readonly node: GraphNode;
  /** Borrowed: not to be freed or written to. */
  readonly inputs: readonly Value[];
  readonly heap: Heap;
  readonly state: ModelState;
}

/** Computes a node's outputs, in order. They belong to the caller; whatever else was allocated is freed by it. */
export type OpKernel = (call: OpCall) => readonly Value[];

/** Kernels of one group of ops, by op type. */
export type OpKernels = Readonly<Record<string, OpKernel>>;

/** An input that must be a tensor on the heap. */
export function tensorInput({ node, inputs }: OpCall, index: number): HeapValue {
  const value = inputs[index];
  if (value?.place !== 'heap') {
    const what = value?.place === 'host' ? value.dtype : 'a variable';
    throw new Error(`input ${index} of ${node.type} "${node.name}" cannot be ${what} on the portable engine`);
  }
  return value;
}

/** The numbers of an int32 input: axes, sizes, permutations. */
export const integers = (call: OpCall, index: number): number[] => Array.from(call.heap.view(tensorInput(call, index)));

/** A number or truth value among a node's attributes. */
function attribute<T>({ name, type, attrs }: GraphNode, key: string, kinds: readonly string[]): T {
  const found = attrs[key];
  if (!found || !kinds.includes(found.kind))
    throw new Error(`${type} "${name}" has no attribute ${key} of kind ${kinds.join(' or ')}`);
  return found.value as T;
}

export const numberAttr = (node: GraphNode, key: string): number => attribute(node, key, ['float', 'int']);
export const boolAttr = (node: GraphNode, key: string): boolean => attribute(node, key, ['bool']);
export const stringAttr = (node: GraphNode, key: string): string => attribute(node, key, ['string']);
export const intsAttr = (node: GraphNode, key: string): readonly number[] => attribute(node, key, ['ints']);
