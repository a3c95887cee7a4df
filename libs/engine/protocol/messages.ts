import type { GraphNode, TensorValue } from '#libs/graph';
import type { EngineInfo } from './engine-info.js';

/** A value on its way into a run: strings as they are, everything else as one string of its bytes. */
export interface Feed {
  tensor: string;
  shape: readonly number[];
  strings: readonly Uint8Array[];
}

/** A graph as an engine takes it: for TensorFlow the contents of a `saved_model.pb`, for an interpreter its nodes. */
export type LoweredGraph = { readonly savedModel: Uint8Array } | { readonly nodes: readonly GraphNode[] };

/**
 * Messages to the engine process. Feeds come one by one before their `run`, so that no message grows with the model.
 */
export type Request =
  | { kind: 'load'; id: number; graph: LoweredGraph }
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
