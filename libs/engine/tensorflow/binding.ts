import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { optional, parseEnvironment, text } from '#libs/config';
import { SulcusError } from '#libs/errors';

/** A tensor in the binding's table. */
export interface TensorHandle {
  id: number;
  shape: number[];
  dtype: number;
}

/** What we use of the native binding of @tensorflow/tfjs-node (binding/tfjs_binding.cc). Every call blocks. */
export interface TensorFlowBinding {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
  createTensor(shape: readonly number[], dtype: number, data: readonly Uint8Array[]): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | BigInt64Array | Uint8Array | Uint8Array[];
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(id: number): void;
  runSavedModel(id: number, inputIds: readonly number[], inputs: string, outputs: string): TensorHandle[];
}

const environment = {
  binding: ['SULCUS_ENGINE_BINDING', optional(text({ description: 'path of tfjs_binding.node' }))],
} as const;

/**
 * Path of the compiled binding: SULCUS_ENGINE_BINDING, else `.sulcus/engine/tfjs_binding.node` of the nearest folder
 * above this module.
 *
 * @throws ENGINE_UNAVAILABLE saying what to do when there is none
 */
export function findBinding(): string {
  const configured = parseEnvironment(environment).binding;
  if (configured !== undefined) {
    if (!existsSync(configured))
      throw new SulcusError('ENGINE_UNAVAILABLE', `SULCUS_ENGINE_BINDING names no file: ${configured}`);
    return path.resolve(configured);
  }
  for (let folder = path.dirname(fileURLToPath(import.meta.url)); ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, '.sulcus', 'engine', 'tfjs_binding.node');
    if (existsSync(candidate)) return candidate;
    if (folder === path.dirname(folder)) break;
  }
  throw new SulcusError(
    'ENGINE_UNAVAILABLE',
    'The TensorFlow binding is not built: run `npm run setup`, ' +
      'or set SULCUS_ENGINE_BINDING to an existing tfjs_binding.node',
  );
}

/** Loads the binding and with it libtensorflow. Only the engine process does this. */
export const loadBinding = (file: string): TensorFlowBinding =>
  createRequire(import.meta.url)(file) as TensorFlowBinding;
