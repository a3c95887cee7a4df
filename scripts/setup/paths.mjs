/**
 * Where set-up puts things. Everything it brings lies under `.sulcus/` of the clone; the services look there too.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root folder of the clone. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** The one ignored folder that holds what set-up brings. */
export const cacheFolder = path.join(root, '.sulcus');

export const temporaryFolder = path.join(cacheFolder, 'setup-tmp');

export const engineBinding = path.join(cacheFolder, 'engine', 'tfjs_binding.node');

/** Beside the binding, where the engine looks for them. */
export const engineKernels = path.join(cacheFolder, 'engine', 'sulcus_kernels.node');

/** The same for its memory. */
export const engineMemory = path.join(cacheFolder, 'engine', 'sulcus_memory.so');

/** C++ sources of the engine's own kernels. */
export const kernelSources = path.join(root, 'libs', 'engine', 'native', 'kernels');

/** C++ sources of the engine's memory. */
export const memorySources = path.join(root, 'libs', 'engine', 'native', 'allocator');

export const natsServerBinary = path.join(cacheFolder, 'bin', 'nats-server');

/**
 * TypeScript's native compiler, several times faster than the one written in JavaScript, which dependency-cruiser reads
 * imports with.
 */
export const typescriptCompiler = path.join(root, 'node_modules', 'typescript-7', 'bin', 'tsc');

/** @param {string} version libtensorflow's version, for example `2.21.0`. */
export function libtensorflowFolder(version) {
  return path.join(cacheFolder, 'libtensorflow', version);
}
