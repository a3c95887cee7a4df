import {
  assertWrittenFor,
  decodeSafetensors,
  encodeSafetensors,
  importWeights,
  initialState,
  readKerasLayers,
  translateKeras,
  type NetworkConfig,
} from '#libs/nn';
import { readFile } from 'node:fs/promises';
import { fixtures } from '../corpus/fixtures.js';
import { mutateBytes } from '../mutate/bytes.js';
import { choose } from '../mutate/choose.js';
import { mutateJson } from '../mutate/json.js';
import type { Random } from '#libs/random';
import type { Target } from '../target.js';
import { fileTarget } from './file-target.js';

/** Of few weights, so that a file of them is small. */
export const SMALL_NETWORK: NetworkConfig = {
  architecture: 'baseline-cnn',
  classes: 3,
  input: { height: 16, width: 16, channels: 1 },
  normalize: { mean: [0.5], std: [0.5] },
  precision: 'float32',
};

const LENGTH_BYTES = 8;

/** A safetensors file whose header says something else, or that is damaged anywhere. */
export function mutateSafetensors(random: Random, file: Buffer): Buffer {
  if (random.chance(0.4)) return mutateBytes(random, file);
  const length = Number(file.readBigUInt64LE());
  const header: unknown = JSON.parse(file.toString('utf8', LENGTH_BYTES, LENGTH_BYTES + length));
  const changed = mutateJson(random, header);
  const start = Buffer.alloc(LENGTH_BYTES);
  start.writeBigUInt64LE(BigInt(changed.length));
  return Buffer.concat([start, changed, file.subarray(LENGTH_BYTES + length)]);
}

/** Small tensors with the names of a network: the names and shapes are what files are refused for. */
function smallFile(): Buffer {
  const state = [...initialState(SMALL_NETWORK, 1)].filter(([, { data }]) => data.length < 1000);
  return encodeSafetensors(new Map(state), { architecture: SMALL_NETWORK.architecture });
}

/** Weights that somebody gives: what `sulcus weights import` and a recipe's initialWeights read. */
export const modelTargets: readonly Target[] = [
  fileTarget({
    name: 'safetensors',
    share: 6,
    file: 'weights.safetensors',
    maker: async () => {
      const files = [smallFile(), ...(await fixtures('nn', '.safetensors'))];
      return (random) => mutateSafetensors(random, choose(random, files));
    },
    read: async (file) => {
      const { state, metadata } = decodeSafetensors(await readFile(file));
      assertWrittenFor(SMALL_NETWORK.architecture, metadata);
      importWeights(SMALL_NETWORK, state, 1);
    },
  }),
  fileTarget({
    name: 'keras',
    share: 3,
    file: 'weights.h5',
    maker: async () => {
      const files = await fixtures('nn', '.h5');
      return (random) => mutateBytes(random, choose(random, files), files);
    },
    read: async (file) => translateKeras(SMALL_NETWORK, await readKerasLayers(file)),
  }),
];
