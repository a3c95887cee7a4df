import { graphError, type Graph, type Operation, type Tensor } from '../core/index.js';

/**
 * One thing a program can be asked to do, as a SavedModel's signature: what is fed, what comes back, what must happen
 * besides.
 */
export interface Signature {
  /** Placeholders to feed, under the caller's names. All must be fed in every run. */
  inputs: Record<string, Tensor>;
  /** Values to fetch, under the caller's names. bfloat16 comes back as float32. */
  outputs: Record<string, Tensor>;
  /** Operations that must run too, such as variable updates. */
  targets?: readonly Operation[];
}

/** A graph and its signatures, which share the graph's variables. */
export interface Program {
  graph: Graph;
  signatures: Record<string, Signature>;
}

/** Element types that cross the border between TypeScript and a graph. */
export type ValueType = 'float32' | 'int32' | 'int64' | 'uint8' | 'bool' | 'string';

/** The element type a value has outside the graph. */
export function valueType(tensor: Tensor): ValueType {
  if (tensor.dtype === 'resource')
    throw graphError(`${tensor.node} is a variable handle: fetch variable.read() instead`);
  if (tensor.dtype === 'int16') throw graphError(`${tensor.node} is int16, which cannot be fetched`);
  return tensor.dtype === 'bfloat16' ? 'float32' : tensor.dtype;
}
