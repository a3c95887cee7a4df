import { SulcusError } from '#libs/errors';
import { lowerProgram, type LoweredProgram, type Program } from '#libs/graph';

/** Types that exist on the TensorFlow engine only. */
const UNKNOWN_TYPES = new Set(['bfloat16', 'int16']);

/**
 * A program in the form that the portable engine interprets: its plain ops, none of a device's own.
 *
 * @throws INVALID_ARGUMENT for a program that computes in bfloat16
 */
export function portableForm(program: Program): LoweredProgram {
  const unknown = program.graph.nodes.find(({ outputs }) => outputs.some(({ dtype }) => UNKNOWN_TYPES.has(dtype)));
  if (unknown)
    throw new SulcusError(
      'INVALID_ARGUMENT',
      `The portable engine computes in float32 only and "${unknown.name}" is ${unknown.outputs[0]!.dtype}: take the precision auto or float32`,
    );
  return lowerProgram(program);
}
