import { graphError, type Graph, type GraphNode, type Operation, type Shape, type Tensor } from '../core/index.js';

/** One thing a program can be asked to do: what is fed, what comes back, what must happen besides. */
export interface EntryPoint {
  /** Placeholders to feed, under the caller's names. All must be fed in every run. */
  inputs: Record<string, Tensor>;
  /** Values to fetch, under the caller's names. bfloat16 comes back as float32. */
  outputs: Record<string, Tensor>;
  /** Operations that must run too, such as variable updates. */
  targets?: readonly Operation[];
}

/** A graph and its entry points, which share the graph's variables. */
export interface Program {
  graph: Graph;
  entryPoints: Record<string, EntryPoint>;
}

/** Where a value of a serialised program enters or leaves, and what it must look like. */
export interface Port {
  /** `node:output` in the serialised graph. */
  tensor: string;
  dtype: ValueType;
  /** -1: any size. */
  shape: Shape;
}

/** Element types that cross the border between TypeScript and a graph. */
export type ValueType = 'float32' | 'int32' | 'int64' | 'uint8' | 'bool' | 'string';

export interface SerializedEntryPoint {
  inputs: Record<string, Port>;
  outputs: Record<string, Port>;
  /** A tensor to fetch beside the outputs so that the targets run. */
  done?: string;
}

/** What goes with a program's graph: where to feed and fetch it. */
export interface ProgramPorts {
  entryPoints: Record<string, SerializedEntryPoint>;
  /** Large constants, to be fed once before the first run, and the tensor to fetch so that they are kept. */
  constants?: { feeds: { tensor: string; bytes: Uint8Array }[]; done: string };
}

/** A program as plain bytes and names: all a TensorFlow process needs to load and run it. */
export interface SerializedProgram extends ProgramPorts {
  /** The contents of a `saved_model.pb`. */
  savedModel: Uint8Array;
}

/** A program as plain nodes, ready for an engine process that interprets them. */
export interface LoweredProgram extends ProgramPorts {
  nodes: readonly GraphNode[];
}

/** The element type a value has outside the graph. */
export function valueType(tensor: Tensor): ValueType {
  if (tensor.dtype === 'resource')
    throw graphError(`${tensor.node} is a variable handle: fetch variable.read() instead`);
  if (tensor.dtype === 'int16') throw graphError(`${tensor.node} is int16, which cannot be fetched`);
  return tensor.dtype === 'bfloat16' ? 'float32' : tensor.dtype;
}
