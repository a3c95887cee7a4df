import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { choice, parseEnvironment } from '#libs/config';
import type { CustomOpType } from '../protocol/engine-info.js';

/** The compiled custom ops (libs/engine/native/kernels/node-module.cc). Loading them registers them with TensorFlow. */
export interface CustomOps {
  /** What this processor can run them in. */
  readonly elementTypes: readonly CustomOpType[];
  /** Gives memory back to the system that the C library keeps for later. */
  readonly releaseFreeMemory?: () => void;
}

const NONE: CustomOps = { elementTypes: [] };

/** The variable that switches the custom kernels off; services list it among theirs. */
export const kernelSettings = {
  kernels: [
    'SULCUS_ENGINE_KERNELS',
    choice(['custom', 'tensorflow'], {
      default: 'custom',
      description:
        'kernels that train: custom, faster ones where the processor has AVX-512, ' +
        "or tensorflow, TensorFlow's alone",
    }),
  ],
} as const;

/** The compiled ops lie beside the binding, for whose libtensorflow they are. */
const FILE = 'sulcus_kernels.node';

/**
 * Loads the custom ops that are compiled beside a binding, after the binding itself.
 *
 * @returns no element types without compiled ops, on a processor that they are not for, when SULCUS_ENGINE_KERNELS says
 * `tensorflow`, or, with a warning, when they do not load
 */
export function loadCustomOps(binding: string): CustomOps {
  const file = path.join(path.dirname(binding), FILE);
  if (!existsSync(file) || parseEnvironment(kernelSettings).kernels === 'tensorflow') return NONE;
  try {
    return createRequire(import.meta.url)(file) as CustomOps;
  } catch (error) {
    // They only make things faster: TensorFlow's own compute the same.
    const reason = error instanceof Error ? error.message : String(error);
    process.emitWarning(`Running on TensorFlow's own kernels, because ${FILE} does not load: ${reason}`, {
      type: 'SulcusWarning',
    });
    return NONE;
  }
}
