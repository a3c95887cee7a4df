import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { choice, parseEnvironment } from '#libs/config';
import { findBinding } from './binding.js';

/** The variable that switches the custom allocator off; services list it among theirs. */
export const allocatorSettings = {
  allocator: [
    'SULCUS_ENGINE_MEMORY',
    choice(['custom', 'tensorflow'], {
      default: 'custom',
      description:
        "allocator of tensors: custom, which needs little more than what is in use, or tensorflow, TensorFlow's own",
    }),
  ],
} as const;

/** The compiled allocator (libs/engine/native/allocator), beside the binding. */
const FILE = 'sulcus_memory.so';

/** The loader takes these for the ends of folders' names. */
const SEPARATORS = /[:;]/;

/**
 * Environment variables by which an engine process allocates with the custom library: it takes the place of the C
 * library's calls, which TensorFlow is told to use. None where it is not compiled or lies at a path that the loader
 * cannot be told.
 *
 * @throws ENGINE_UNAVAILABLE without a binding
 */
export function allocatorEnvironment(
  allocator: 'custom' | 'tensorflow' = parseEnvironment(allocatorSettings).allocator,
): Record<string, string> {
  const file = path.join(path.dirname(findBinding()), FILE);
  if (allocator === 'tensorflow' || !existsSync(file) || SEPARATORS.test(file)) return {};
  // By name and folder: a blank may stand in the second variable, while it ends a name in the first.
  return {
    LD_PRELOAD: before(FILE, process.env['LD_PRELOAD']),
    LD_LIBRARY_PATH: before(path.dirname(file), process.env['LD_LIBRARY_PATH']),
    TF_ONEDNN_USE_SYSTEM_ALLOCATOR: 'true',
  };
}

const before = (first: string, others: string | undefined): string => (others ? `${first}:${others}` : first);

/** Whether this process allocates with the custom library: the loader goes on without one that it cannot load. */
export const usesCustomAllocator = (): boolean =>
  process.platform === 'linux' && readFileSync('/proc/self/maps', 'utf8').includes(`/${FILE}`);
