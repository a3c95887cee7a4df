import type { Rewrite } from '../rewrite-graph.js';
import type { Program } from '../../program/program.js';
import { rewriteProgram } from '../rewrite-program.js';
import { constantFloats } from './constants.js';
import { foldBatchNorm } from './fold-batch-norm.js';
import { freezeVariables, type FrozenValues } from './freeze.js';

/**
 * float32 constants that are cast become constants of the type they are cast to: half the bytes to send and to keep.
 */
const castConstants: Rewrite = (g, node, inputs) => {
  const { dtype, shape } = node.outputs[0] ?? {};
  if (node.type !== 'Cast' || dtype !== 'bfloat16' || g.node(inputs[0]!.node).type !== 'Const') return undefined;
  const values = constantFloats(g, inputs[0]!);
  return values && [g.constant(values, dtype, shape)];
};

/**
 * Rewrites a program that only predicts: its variables are constants, batch norms are folded into the convolutions
 * before them. It consists of plain ops, as portable as the program itself; the results differ by rounding.
 *
 * @param writer signature that assigns the variables; see {@link freezeVariables}
 * @throws INVALID_ARGUMENT when the values are not those the signature takes
 */
export const freezeForInference = (program: Program, writer: string, values: FrozenValues): Program =>
  // The last pass also drops the constants that the passes before it have replaced.
  [
    foldBatchNorm,
    (folded: Program) => rewriteProgram(folded, [castConstants]),
    (cast: Program) => rewriteProgram(cast, []),
  ].reduce((current, pass) => pass(current), freezeVariables(program, writer, values));
