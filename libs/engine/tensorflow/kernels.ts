import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { choice, parseEnvironment } from '#libs/config';

/** Element types that the kernels compute in. */
export type KernelType = 'float32' | 'bfloat16';

/** The compiled kernels (libs/engine/native/kernels/node-module.cc). Loading them registers their operations with TensorFlow. */
export interface Kernels {
  /** What this processor can run. */
  readonly elementTypes: readonly KernelType[];
  /** Gives memory back to the system that the C library keeps for later. */
  readonly releaseFreeMemory?: () => void;
}

const NONE: Kernels = { elementTypes: [] };

/** The variable that switches the kernels off; services list it among theirs. */
export const kernelsEnvironment = {
  kernels: [
    'SULCUS_ENGINE_KERNELS',
    choice(['own', 'tensorflow'], {
      default: 'own',
      description: "whose kernels train: our own where the processor has AVX-512, faster, or TensorFlow's alone",
    }),
  ],
} as const;

/** The compiled kernels lie beside the binding, for whose libtensorflow they are. */
const FILE = 'sulcus_kernels.node';

/**
 * Loads the kernels that are compiled beside a binding, after the binding itself.
 *
 * @returns no element types without compiled kernels, on a processor that they are not for, when SULCUS_ENGINE_KERNELS
 * says `tensorflow`, or, with a warning, when they do not load
 */
export function loadKernels(binding: string): Kernels {
  const file = path.join(path.dirname(binding), FILE);
  if (!existsSync(file) || parseEnvironment(kernelsEnvironment).kernels === 'tensorflow') return NONE;
  try {
    return createRequire(import.meta.url)(file) as Kernels;
  } catch (error) {
    // They only make things faster: TensorFlow's own compute the same.
    process.emitWarning(
      `Running on TensorFlow's own kernels, because ${FILE} does not load: ${error instanceof Error ? error.message : String(error)}`,
      { type: 'SulcusWarning' },
    );
    return NONE;
  }
}
