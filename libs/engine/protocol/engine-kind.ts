import type { Program, ProgramInterface, SerializedProgram } from '#libs/graph';
import type { EngineInfo } from './engine-info.js';
import type { LoweredGraph } from './messages.js';

/** How an engine's process is to run. */
export interface ProcessOptions {
  /** Threads per op; default: as many as there are cores. */
  threads?: number;
  /** Custom kernels, or TensorFlow's alone; default: what SULCUS_ENGINE_KERNELS says. */
  kernels?: 'custom' | 'tensorflow';
  /** Which allocator gives tensors their memory; default: what SULCUS_ENGINE_MEMORY says. */
  allocator?: 'custom' | 'tensorflow';
  /** The process's nice value: 0 (default) to 19 (least urgent). */
  niceness?: number;
  /**
   * Devices that SULCUS_DEVICES may give this engine, at most: one for each shard of a step. Default: the one GPU that
   * SULCUS_GPU_DEVICE names, or the processor, whatever SULCUS_DEVICES says.
   */
  maxDevices?: number;
  /** Shown in the process list after `sulcus-engine`. */
  label?: string;
}

/** Environment variables of an engine's process. */
export interface ProcessEnvironment {
  /** For what the parent's environment does not set. */
  readonly defaults: Readonly<Record<string, string>>;
  /** In place of what the parent's environment sets. */
  readonly overrides: Readonly<Record<string, string>>;
}

/** A program as one engine takes it. */
export type LoadableProgram = ProgramInterface & { readonly graph: LoweredGraph };

/**
 * What a client knows of one kind of engine. The rest is behind the messages: the module `main` of its folder opens an
 * `EngineSession` and serves it. A new kind is such a folder and a row in client/engine-kinds.ts.
 */
export interface EngineImplementation {
  /** At the beginning of a sentence. */
  readonly title: string;
  /** The module that its process runs, without the ending, which is that of sources or of what is compiled. */
  readonly main: URL;
  /** @throws ENGINE_UNAVAILABLE when something is missing that the process needs, INVALID_CONFIG for a bad setting */
  environment(options: ProcessOptions): ProcessEnvironment;
  /** @throws INVALID_ARGUMENT when the engine cannot run the program as it is */
  lower(program: Program | SerializedProgram, info: EngineInfo): LoadableProgram;
}
