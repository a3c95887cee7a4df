import { SulcusError } from '#libs/errors';
import { initialState, listParameters } from '../initial-state.js';
import type { NetworkConfig } from '../network-config.js';
import { assertStateFits, isIgnored, type NetworkState } from '../state/network-state.js';
import type { SafetensorsMetadata } from '../state/safetensors.js';
import { translateNames } from './translate-names.js';

/** What became of a file's tensors. */
export interface ImportReport {
  /** Tensors of the network that have the file's values. */
  readonly adopted: readonly string[];
  /** Tensors of the network that the file does not fit: its last layers, initialised anew. */
  readonly drawn: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly inFile: readonly number[] | undefined;
  }[];
  /** Tensors of the file that the network has no place for. */
  readonly leftOut: readonly string[];
  /** Sentences for people about the file's names. */
  readonly notes: readonly string[];
}

/**
 * Checks that a file of ours was written for this network: some differ in nothing but what they compute, as `resnet50`
 * and `resnet50_keras` do. Files of others do not say.
 * @throws MODEL_INVALID naming both networks
 */
export function assertWrittenFor(architecture: string, metadata: SafetensorsMetadata): void {
  const written = metadata['architecture'];
  if (written !== undefined && written !== architecture)
    throw new SulcusError(
      'MODEL_INVALID',
      `The file says that it is of ${written}, and the network is ${architecture}`,
    );
}

const layerOf = (name: string): string => name.slice(0, name.lastIndexOf('.'));

/**
 * Takes over pretrained weights. The names may be torchvision's or, where the two correspond, timm's, with or without
 * the prefix of a wrapper. The last layer may be of other classes, and another head than the network's own may stand
 * there: these layers are initialised anew. Everything else must be in the file, with its shape.
 * @param seed determines the layers that are initialised anew
 * @throws MODEL_INVALID naming every difference
 */
export function importWeights(
  config: NetworkConfig,
  file: NetworkState,
  seed: number,
): { readonly state: NetworkState; readonly report: ImportReport } {
  const { state: source, notes } = translateNames(config.architecture, file);
  const parameters = listParameters(config);
  const lastLayer = layerOf(parameters.at(-1)!.name);
  const replaceable = (name: string): boolean => layerOf(name) === lastLayer || name.startsWith('head.');
  const fits = (name: string, shape: readonly number[]): boolean => source.get(name)?.shape.join() === shape.join();

  const replaced = new Set(
    parameters.filter(({ name, shape }) => replaceable(name) && !fits(name, shape)).map(({ name }) => layerOf(name)),
  );
  const drawnAnew = replaced.size > 0 ? initialState(config, seed) : undefined;
  const state = new Map<string, NonNullable<ReturnType<typeof source.get>>>();
  const drawn: ImportReport['drawn'][number][] = [];
  for (const { name, shape } of parameters) {
    const anew = replaced.has(layerOf(name));
    const tensor = anew ? drawnAnew!.get(name) : source.get(name);
    if (tensor) state.set(name, tensor);
    if (anew) drawn.push({ name, shape, inFile: source.get(name)?.shape });
  }
  const known = new Set(parameters.map(({ name }) => name));
  const surplus = [...source.keys()].filter((name) => !known.has(name) && !isIgnored(name));
  const own = new Set(listParameters({ ...config, head: 'classifier' }).map(({ name }) => name));
  const strange = surplus.filter((name) => !own.has(name));
  assertStateFits(
    new Map([...state, ...strange.map((name) => [name, source.get(name)!] as const)]),
    parameters,
    'The file',
  );
  const nonFinite = [...state].filter(([, { data }]) => !data.every(Number.isFinite)).map(([name]) => name);
  if (nonFinite.length > 0)
    throw new SulcusError(
      'MODEL_INVALID',
      `The file holds values that are not finite in ${nonFinite.slice(0, 5).join(', ')}`,
      { details: { mistakes: nonFinite } },
    );
  return {
    state,
    report: {
      adopted: parameters.map(({ name }) => name).filter((name) => !replaced.has(layerOf(name))),
      drawn,
      leftOut: surplus,
      notes,
    },
  };
}
