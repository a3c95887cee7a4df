import type { Precision } from '#libs/nn';

/** What a version's answers are computed with. */
export interface EngineFacts {
  precision: Precision;
  /** The engine for people, its library's version included. */
  description: string;
  /** The library and its version. */
  library: string;
  /** Where the network runs, for example `CPU:0`. */
  device: string;
}
