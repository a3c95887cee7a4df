import type { GraphNode, Shape } from '../core/index.js';
import type { ValueType } from './program.js';

/** Where a value enters or leaves a lowered graph, and what it must look like; as TensorFlow's TensorInfo. */
export interface TensorInfo {
  /** `node:output` in the lowered graph. */
  tensor: string;
  dtype: ValueType;
  /** -1: any size. */
  shape: Shape;
}

/** A signature by names: all that is needed to feed and fetch it. */
export interface LoweredSignature {
  inputs: Record<string, TensorInfo>;
  outputs: Record<string, TensorInfo>;
  /** A tensor to fetch beside the outputs so that the targets run. */
  done?: string;
}

/** What goes with a lowered graph: where to feed and fetch it. */
export interface ProgramInterface {
  signatures: Record<string, LoweredSignature>;
  /** Large constants, to be fed once before the first run, and the tensor to fetch so that they are kept. */
  constants?: { feeds: { tensor: string; bytes: Uint8Array }[]; done: string };
}

/** A program as plain nodes, ready for an engine process that interprets them. */
export interface LoweredProgram extends ProgramInterface {
  nodes: readonly GraphNode[];
}

/** A program as plain bytes and names: all a TensorFlow process needs to load and run it. */
export interface SerializedProgram extends ProgramInterface {
  /** The contents of a `saved_model.pb`. */
  savedModel: Uint8Array;
}
