/**
 * Element types a graph may hold. `bfloat16` lives inside graphs only: it is fed and fetched as float32. `int16` is for
 * device-specific rewrites that look at the bits of bfloat16.
 */
export type DType = 'float32' | 'bfloat16' | 'int16' | 'int32' | 'int64' | 'uint8' | 'bool' | 'string' | 'resource';

/** Sizes per axis; -1 is a size known only when the graph runs (the batch). */
export type Shape = readonly number[];

/** What is known of a value before it is computed. */
export interface TensorSpec {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A node seen as something that runs. Every {@link Tensor} is also its producer's operation. */
export interface Operation {
  readonly node: string;
}

/** One output of a node: a symbolic value, not data. */
export interface Tensor extends Operation, TensorSpec {
  /** Index among the node's outputs. */
  readonly output: number;
}

/** Little-endian bytes of a constant, with their type and shape. */
export interface TensorData extends TensorSpec {
  readonly bytes: Uint8Array;
}

/** An attribute of a node: a value that is part of the graph, not computed by it. */
export type Attr =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'type'; readonly value: DType }
  | { readonly kind: 'shape'; readonly value: Shape }
  | { readonly kind: 'tensor'; readonly value: TensorData }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'types'; readonly value: readonly DType[] };

export type Attrs = Readonly<Record<string, Attr>>;

/** Shorthand for building {@link Attr} values: `attr.int(3)`. */
export const attr = {
  int: (value: number): Attr => ({ kind: 'int', value }),
  float: (value: number): Attr => ({ kind: 'float', value }),
  bool: (value: boolean): Attr => ({ kind: 'bool', value }),
  string: (value: string): Attr => ({ kind: 'string', value }),
  type: (value: DType): Attr => ({ kind: 'type', value }),
  shape: (value: Shape): Attr => ({ kind: 'shape', value }),
  tensor: (value: TensorData): Attr => ({ kind: 'tensor', value }),
  ints: (value: readonly number[]): Attr => ({ kind: 'ints', value }),
  strings: (value: readonly string[]): Attr => ({ kind: 'strings', value }),
  types: (value: readonly DType[]): Attr => ({ kind: 'types', value }),
} as const;

/**
 * A node: an op of TensorFlow's op set with its inputs and attributes. Plain data, so that any executor can read it.
 */
export interface GraphNode {
  readonly name: string;
  readonly type: string;
  readonly inputs: readonly Tensor[];
  /** Names of nodes that must have run before this one. */
  readonly controlInputs: readonly string[];
  readonly attrs: Attrs;
  readonly outputs: readonly TensorSpec[];
  /** Where it must run, for example `/device:GPU:1`; where the engine likes when not given. */
  readonly device?: string;
}

export interface OpOptions {
  /** Last part of the node's name; made unique. Defaults to the op type. */
  name?: string;
  /** Operations that must run before this one. */
  controlInputs?: readonly Operation[];
}

/** What adds nodes to a graph. */
export interface OpEmitter {
  /** The names of the operations that every new node waits for. */
  readonly controlInputs: readonly string[];
  op(
    type: string,
    inputs: readonly Tensor[],
    attrs: Attrs,
    outputs: readonly TensorSpec[],
    options?: OpOptions,
  ): Tensor[];
}

/** True for the types a gradient can flow through. */
export const isFloating = (dtype: DType): boolean => dtype === 'float32' || dtype === 'bfloat16';
