import type { Finding } from './findings.js';

/** Inputs of one target, `from` included and `to` not. */
export interface Job {
  readonly target: string;
  readonly seed: string;
  readonly from: number;
  readonly to: number;
}

/** What a runner tells. */
export type Answer = { readonly finding: Finding } | { readonly done: JobResult } | { readonly failed: string };

export interface JobResult {
  readonly target: string;
  readonly inputs: number;
  readonly processorMs: number;
  readonly slowestMs: number;
  /** How many inputs ended how. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly functions: readonly string[];
  readonly blocks: readonly string[];
}

/** Bytes of the file that a runner keeps its place in: which input, and when it began. */
export const PLACE_BYTES = 16;

/** An input may take so long. */
export const HANG_MS = 1000;
/** Beyond, its process is ended: whoever hangs says nothing of it. */
export const DEAD_MS = 20_000;
/** What a runner's process may hold more than when it was warm. */
export const MEMORY_BYTES = 512 * 2 ** 20;
