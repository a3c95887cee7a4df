import type { Rewrite } from './lowering.js';

/** Forms that are faster on a CPU than the portable op, with the same results. */
export const cpuRewrites: readonly Rewrite[] = [];
