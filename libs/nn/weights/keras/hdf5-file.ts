import { stat } from 'node:fs/promises';
import type { Dataset, Entity, File, Group } from 'h5wasm/node';
import { SulcusError } from '#libs/errors';
import type { StateTensor } from '../../state/network-state.js';

/** A layer of a Keras file that has weights. */
export interface KerasLayer {
  /** Keras's name of the layer, behind those of the models around it: `resnet152/conv1_conv`. */
  readonly path: string;
  /**
   * By Keras's names: `kernel`, `depthwise_kernel`, `bias`, `gamma`, `beta`, `moving_mean`, `moving_variance`. Axes in
   * Keras's order.
   */
  readonly variables: ReadonlyMap<string, StateTensor>;
}

const BATCH_NORM_VARIABLES = ['gamma', 'beta', 'moving_mean', 'moving_variance'];

/**
 * Reads the layers of an HDF5 file that Keras wrote: `.weights.h5` of Keras 3, weights or a whole model (`.h5`) of
 * Keras 2 and 3. The optimizer's state is passed over. The file is read variable by variable.
 * @throws INVALID_CONFIG when the file cannot be read, MODEL_INVALID when Keras did not write it, or not with its
 * layers' names
 */
export async function readKerasLayers(path: string): Promise<KerasLayer[]> {
  await stat(path).catch((error: unknown) => {
    throw new SulcusError('INVALID_CONFIG', `${path} cannot be read: ${(error as Error).message}`, { cause: error });
  });
  // Two megabytes of WebAssembly that only this needs.
  const hdf5 = await import('h5wasm/node');
  // Otherwise the library prints its errors and goes on.
  (await hdf5.ready).activate_throwing_error_handler();
  let file: File | undefined;
  try {
    file = new hdf5.File(path, 'r');
    const layers = file.keys().includes('layers')
      ? numberedLayers(file)
      : namedLayers(file.keys().includes('model_weights') ? (file.get('model_weights') as Group) : file);
    if (layers.length === 0) throw invalid(path, 'it holds no layers of Keras');
    return layers;
  } catch (error) {
    throw error instanceof SulcusError ? error : invalid(path, innermost((error as Error).message), error);
  } finally {
    file?.close();
  }
}

/** HDF5 reports a stack of functions, each with its reason; the last is where it began. */
const innermost = (report: string): string => [...report.matchAll(/\(\): (.+)/g)].at(-1)?.[1] ?? report;

/**
 * Keras 2, and Keras 3 where it saves a whole model: a group per layer, whose attribute `weight_names` lists
 * `layer/kernel:0`.
 */
function namedLayers(root: Group): KerasLayer[] {
  const layers = new Map<string, Map<string, StateTensor>>();
  for (const group of root.keys()) {
    const entity = root.get(group);
    const names = isGroup(entity) ? entity.attrs['weight_names']?.value : undefined;
    for (const name of Array.isArray(names) ? (names as string[]) : []) {
      const [path, variable] = splitName(name.replace(/:\d+$/, ''));
      const variables = layers.get(path) ?? new Map<string, StateTensor>();
      layers.set(path, variables.set(variable, readTensor(root.get(`${group}/${name}`) as Dataset, name)));
    }
  }
  return [...layers].map(([path, variables]) => ({ path, variables }));
}

const splitName = (name: string): [path: string, variable: string] => [
  name.slice(0, Math.max(0, name.lastIndexOf('/'))),
  name.slice(name.lastIndexOf('/') + 1),
];

/**
 * Keras 3's `.weights.h5`: groups by class and number; `vars` holds numbered variables, and the layer's name as an
 * attribute.
 */
function numberedLayers(group: Group, outer = ''): KerasLayer[] {
  return group.keys().flatMap((key) => {
    if (key === 'optimizer') return [];
    const child = group.get(key);
    if (!isGroup(child)) return [];
    if (key !== 'vars') return numberedLayers(child, key === 'layers' ? outer : `${outer}${key}/`);
    const tensors = child
      .keys()
      .sort((a, b) => Number(a) - Number(b))
      .map((index) => readTensor(child.get(index) as Dataset, `${child.path}/${index}`));
    if (tensors.length === 0) return [];
    const name = child.attrs['name']?.value;
    if (typeof name !== 'string')
      throw new SulcusError(
        'MODEL_INVALID',
        `${child.path} has no name: an early Keras 3 wrote this file; ` +
          'load it there and save the whole model with model.save("model.h5")',
      );
    return [{ path: outer.replace(/[^/]+\/$/, '') + name, variables: nameVariables(tensors) }];
  });
}

const isGroup = (entity: Entity | null): entity is Group =>
  entity !== null && 'type' in entity && String(entity.type) === 'Group';

/** A layer's variables come in the order in which it makes them. */
function nameVariables(tensors: readonly StateTensor[]): ReadonlyMap<string, StateTensor> {
  const names =
    tensors.length === BATCH_NORM_VARIABLES.length && tensors.every(({ shape }) => shape.length === 1)
      ? BATCH_NORM_VARIABLES
      : ['kernel', 'bias'];
  return new Map(tensors.map((tensor, index) => [names[index] ?? `variable ${index}`, tensor]));
}

function readTensor(dataset: Dataset | null, name: string): StateTensor {
  const value = dataset?.value;
  if (value instanceof Float32Array) return { shape: dataset!.shape!, data: value };
  if (value instanceof Float64Array) return { shape: dataset!.shape!, data: Float32Array.from(value) };
  const found = dataset ? `of type ${JSON.stringify(dataset.dtype)}` : 'missing';
  throw new SulcusError('MODEL_INVALID', `Variable "${name}" of the file is ${found}, expected float32`);
}

const invalid = (path: string, reason: string, cause?: unknown): SulcusError =>
  new SulcusError('MODEL_INVALID', `${path} is no weights file of Keras: ${reason}`, { cause });
