import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SulcusError } from '#libs/errors';
import {
  assertWrittenFor,
  decodeSafetensors,
  importWeights,
  initialState,
  type NetworkConfig,
  type NetworkState,
  type Recipe,
} from '#libs/nn';

/** The weights of a new run, and where they come from in a sentence. */
export interface FirstWeights {
  weights: NetworkState;
  message: string;
}

/**
 * Reads the file that the recipe names, else draws weights from its seed.
 *
 * @throws INVALID_CONFIG when the file cannot be read, MODEL_INVALID when it is not of the recipe's network
 */
export async function firstWeights(recipe: Recipe, network: NetworkConfig): Promise<FirstWeights> {
  const path = recipe.initialWeights;
  if (path === undefined) return { weights: initialState(network, recipe.seed), message: 'a new run' };
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new SulcusError(
      'INVALID_CONFIG',
      `The initial weights of recipe "${recipe.name}" cannot be read: ${(error as Error).message}`,
      { cause: error },
    );
  });
  const file = decodeSafetensors(bytes);
  assertWrittenFor(network.architecture, file.metadata);
  const { state, report } = importWeights(network, file.state, recipe.seed);
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  const counts = `${report.adopted.length} tensors taken over, ${report.drawn.length} initialised anew`;
  return { weights: state, message: `a new run from ${path} (SHA-256 ${hash}…): ${counts}` };
}
