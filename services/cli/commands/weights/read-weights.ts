import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { SulcusError } from '#libs/errors';
import {
  assertWrittenFor,
  decodeSafetensors,
  readKerasLayers,
  translateKeras,
  type ChannelOrder,
  type NetworkConfig,
  type NetworkState,
} from '#libs/nn';

/** Tensors of a file under torchvision's names, and what is to be said about the translation. */
export interface WeightsFile {
  state: NetworkState;
  notes: readonly string[];
}

/**
 * Reads a file's tensors, under torchvision's names where Keras wrote it.
 *
 * @throws INVALID_CONFIG when there is no such file, or it is of a format that must be converted first; MODEL_INVALID
 * when it is damaged
 */
export async function readWeights(
  path: string,
  config: NetworkConfig,
  channelOrder: ChannelOrder,
): Promise<WeightsFile> {
  if (['.h5', '.hdf5'].includes(extname(path)))
    return translateKeras(config, await readKerasLayers(path), channelOrder);
  const conversion = CONVERSIONS[extname(path)];
  if (conversion !== undefined) {
    const message = `${path}: only safetensors and HDF5 files are read; in Python, ${conversion} writes one`;
    throw new SulcusError('INVALID_CONFIG', message);
  }
  try {
    const { state, metadata } = decodeSafetensors(await readFile(path));
    assertWrittenFor(config.architecture, metadata);
    return { state, notes: [] };
  } catch (error) {
    if (error instanceof SulcusError) throw error;
    throw new SulcusError('INVALID_CONFIG', `${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

const SAVE_SAFETENSORS = 'safetensors.torch.save_file(model.state_dict(), "weights.safetensors")';

/** What to do with files of other formats, by their ending. */
const CONVERSIONS: Readonly<Record<string, string>> = {
  '.pth': SAVE_SAFETENSORS,
  '.pt': SAVE_SAFETENSORS,
  '.bin': SAVE_SAFETENSORS,
  '.keras': 'keras.models.load_model(path).save_weights("model.weights.h5")',
};
