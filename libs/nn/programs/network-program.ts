import type { Program } from '#libs/graph';
import type { ParameterInfo } from '../layers/parameter.js';
import type { StateSpec } from '../state/network-state.js';

/** A network ready to be loaded by an engine, with what its signatures feed and fetch. */
export interface NetworkProgram {
  readonly program: Program;
  /** Weights and statistics, in the order of the layers. */
  readonly parameters: readonly ParameterInfo[];
  /** The optimizer's slots: `<parameter>.<slot>` with torch's names of them. Empty for inference. */
  readonly slots: readonly StateSpec[];
}
