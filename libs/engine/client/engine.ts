import type { Program, SerializedProgram, TensorValue } from '#libs/graph';
import type { SulcusError } from '#libs/errors';
import type { EngineInfo, EngineKind } from '../protocol/engine-info.js';
import type { ProcessOptions } from '../protocol/engine-kind.js';

export interface EngineOptions extends ProcessOptions {
  /** Which engine; default: what SULCUS_ENGINE says. */
  kind?: 'auto' | EngineKind;
  /** How long the library may take to load. */
  startTimeoutMs?: number;
  /**
   * How long it may answer nothing while something was asked of it; then its process is ended. Default: eleven minutes
   * where shards are spread over several devices, of which one may hang, else without end.
   */
  answerTimeoutMs?: number;
}

/** A program inside an engine: its signatures share its variables, and no other program sees them. */
export interface LoadedProgram {
  /** The names of its signatures. */
  readonly signatures: readonly string[];
  /**
   * Runs a signature. Runs happen in the order of the calls. The fed arrays must not be written to until it answers.
   *
   * @throws INVALID_ARGUMENT when the feeds do not fit; ENGINE_FAILED when an op fails or the engine's process ends
   */
  run(signature: string, feeds?: Readonly<Record<string, TensorValue>>): Promise<Record<string, TensorValue>>;
  /** Frees the graph and its variables. */
  unload(): Promise<void>;
}

/** TensorFlow, or what stands in for it, in a process of its own. No call blocks the caller's event loop. */
export interface Engine extends AsyncDisposable {
  readonly info: EngineInfo;
  /** Process id, for supervision. */
  readonly pid: number | undefined;
  /**
   * Loads a program; one that was serialised before runs on TensorFlow only.
   *
   * @throws INVALID_ARGUMENT when the engine cannot run it as it is: bfloat16, for example, needs TensorFlow
   */
  load(program: Program | SerializedProgram): Promise<LoadedProgram>;
  /** Ends the process after the runs under way. */
  close(): Promise<void>;
  /** Calls back once when the process ends other than by `close`; at once when it has. */
  onExit(listener: (error: SulcusError) => void): void;
}
