import { createHash } from 'node:crypto';
import { access, constants, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SulcusError } from '#libs/errors';
import {
  assertWrittenFor,
  decodeSafetensors,
  encodeSafetensors,
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
  const file = recipe.initialWeights;
  if (file === undefined) return { weights: initialState(network, recipe.seed), message: 'a new run' };
  const bytes = await readFile(file).catch((error: unknown) => refuse(recipe, error));
  const content = decodeSafetensors(bytes);
  assertWrittenFor(network.architecture, content.metadata);
  const { state, report } = importWeights(network, content.state, recipe.seed);
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  const counts = `${report.adopted.length} tensors taken over, ${report.drawn.length} initialised anew`;
  return { weights: state, message: `a new run from ${file} (SHA-256 ${hash}…): ${counts}` };
}

/** Refuses a recipe whose first weights are not there, without reading them. Throws INVALID_CONFIG. */
export async function assertInitialWeights(recipe: Recipe): Promise<void> {
  if (recipe.initialWeights === undefined) return;
  await access(recipe.initialWeights, constants.R_OK).catch((error: unknown) => refuse(recipe, error));
}

function refuse({ name }: Recipe, error: unknown): never {
  throw new SulcusError(
    'INVALID_CONFIG',
    `The initial weights of recipe "${name}" cannot be read: ${(error as Error).message}`,
    { cause: error },
  );
}

/**
 * Writes the weights that a run begins with to a file, which appears whole or not at all.
 *
 * @throws STORAGE_FULL when its disk has no room, INVALID_CONFIG when it cannot be written for another reason
 */
export async function keepFirstWeights(file: string, { weights }: FirstWeights, network: NetworkConfig): Promise<void> {
  const { architecture, head } = network;
  const metadata = { architecture, ...(head === undefined ? {} : { head }) };
  const draft = `${file}.${process.pid}.draft`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(draft, encodeSafetensors(weights, metadata));
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw new SulcusError(
      SulcusError.from(error).code === 'STORAGE_FULL' ? 'STORAGE_FULL' : 'INVALID_CONFIG',
      `SULCUS_START_WEIGHTS "${file}" cannot be written: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}
