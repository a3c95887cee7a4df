import type { GraphNode, TensorValue } from '#libs/graph';
import type { KernelType } from '../tensorflow/kernels.js';

/** Which implementation runs graphs: TensorFlow itself, or the slower one that needs npm packages only. */
export type EngineKind = 'tensorflow' | 'portable';

/** What the engine process found out about itself. */
export interface EngineInfo {
  kind: EngineKind;
  /** `tensorflow`, or the backend that computes, such as `tfjs-wasm`. */
  library: string;
  version: string;
  /** For example `CPU:0`. The first is where graphs run. */
  devices: string[];
  /** Whether bfloat16 arithmetic is in the hardware: false means that it is slower than float32, or not there at all (portable). */
  precision: { bf16: boolean };
  /** Whether graphs run on a CPU by oneDNN's kernels, which have fused forms of their own. */
  oneDnn: boolean;
  /** Element types in which convolutions and their gradients run on our own kernels. */
  convolutions: readonly KernelType[];
  /** Element types in which batch norms of training run on our own kernels. */
  norms: readonly KernelType[];
  /** Whether tensors get their memory from our own allocator. */
  ownMemory: boolean;
}

/** A value on its way into a run: strings as they are, everything else as one string of its bytes. */
export interface Feed {
  tensor: string;
  shape: readonly number[];
  strings: readonly Uint8Array[];
}

/** A graph in the form that an engine takes. */
export type ModelForm = { readonly savedModel: Uint8Array } | { readonly nodes: readonly GraphNode[] };

/** Messages to the engine process. Feeds come one by one before their `run`, so that no message grows with the model. */
export type Request =
  | { kind: 'load'; id: number; form: ModelForm }
  | { kind: 'feed'; id: number; feed: Feed }
  | { kind: 'run'; id: number; model: number; fetches: readonly string[] }
  | { kind: 'unload'; id: number; model: number };

/** Messages from the engine process. Fetched values come one by one before `ran`. */
export type Response =
  | { kind: 'ready'; info: EngineInfo }
  | { kind: 'unavailable'; message: string }
  | { kind: 'loaded'; id: number; model: number }
  | { kind: 'fetched'; id: number; index: number; value: TensorValue }
  | { kind: 'ran'; id: number }
  | { kind: 'unloaded'; id: number }
  | { kind: 'failed'; id: number; message: string };
