import { useCustomBatchNorms } from '../passes/custom-ops/batch-norms.js';
import { useCustomConvolutions } from '../passes/custom-ops/convolutions.js';
import { fuseConvolutions } from '../passes/inference/fuse-convolutions.js';
import { rewriteFixedPointSums } from '../passes/custom-ops/fixed-point-sums.js';
import { lowerProgram } from '../passes/lowering/lower-program.js';
import { updateEarly } from '../passes/training/early-updates.js';
import { rematerialise } from '../passes/training/rematerialise.js';
import type { SerializedProgram } from '../program/lowered-program.js';
import type { Program } from '../program/program.js';
import { encodeSavedModel } from './writer.js';

/** What the device that a program is serialised for can do. By default nothing beyond TensorFlow's own ops. */
export interface SerializeOptions {
  /** A CPU whose TensorFlow uses oneDNN: rewrite for its fused ops. Default false. */
  oneDnn?: boolean;
  /** Element types in which the device has custom ops for convolutions. Default none. */
  customConvolutionTypes?: readonly string[];
  /** Element types in which it has custom ops for batch norms of training. Default none. */
  customBatchNormTypes?: readonly string[];
}

/**
 * Turns a program into bytes for a TensorFlow session. The program itself stays as portable as it is.
 *
 * @throws INVALID_ARGUMENT when a signature feeds something that is no placeholder or fetches what cannot be read
 */
export function serializeProgram(
  portable: Program,
  { oneDnn = false, customConvolutionTypes = [], customBatchNormTypes = [] }: SerializeOptions = {},
): SerializedProgram {
  const forOneDnn = oneDnn ? rematerialise(updateEarly(fuseConvolutions(portable))) : portable;
  const withBatchNorms = useCustomBatchNorms(forOneDnn, customBatchNormTypes);
  const withConvolutions = useCustomConvolutions(withBatchNorms, customConvolutionTypes);
  const { nodes, ...rest } = lowerProgram(
    rewriteFixedPointSums(withConvolutions, customBatchNormTypes.includes('float32')),
  );
  return { savedModel: encodeSavedModel(nodes), ...rest };
}
