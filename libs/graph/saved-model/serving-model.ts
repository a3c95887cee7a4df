import { graphError, isFloating, type GraphNode } from '../core/index.js';
import type { Program } from '../program/program.js';
import { encodeSavedModel } from './writer.js';

/** The signature that serving programs use unless asked for another. */
const DEFAULT_SIGNATURE = 'serving_default';

/** A protobuf message cannot be larger; some room is left for what is not a constant. */
const MAX_CONSTANT_BYTES = 2 ** 31 - 2 ** 24;

const constantBytes = (node: GraphNode): number =>
  node.attrs['value']?.kind === 'tensor' ? node.attrs['value'].value.bytes.length : 0;

/**
 * Writes a program without variables as the `saved_model.pb` of a SavedModel that TensorFlow, TensorFlow Serving and
 * others load: one signature becomes its serving signature, fed and fetched as plain tensors.
 *
 * @throws INVALID_ARGUMENT when the program has variables, runs operations for their effect, or is too large for the
 * format
 */
export function encodeServingModel({ graph, signatures }: Program, signature: string): Uint8Array {
  const entry = signatures[signature];
  if (!entry) throw graphError(`The program has no signature "${signature}"`);
  if (graph.variables.length > 0 || (entry.targets?.length ?? 0) > 0)
    throw graphError(`Signature "${signature}" uses variables: freeze the program first`);
  const hidden = Object.entries(entry.outputs).find(
    ([, tensor]) => isFloating(tensor.dtype) && tensor.dtype !== 'float32',
  );
  if (hidden) throw graphError(`Output "${hidden[0]}" is ${hidden[1].dtype}, which others cannot read`);
  const bytes = graph.nodes.reduce((sum, node) => sum + constantBytes(node), 0);
  if (bytes > MAX_CONSTANT_BYTES) throw graphError(`A SavedModel of one file cannot hold ${bytes} bytes of constants`);
  return encodeSavedModel(graph.nodes, { [DEFAULT_SIGNATURE]: entry });
}
