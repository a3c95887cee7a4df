import { serializeProgram } from '#libs/graph';
import type { EngineImplementation } from '../protocol/engine-kind.js';
import { allocatorEnvironment } from './allocator.js';
import { deviceEnvironment } from './devices.js';
import { gpuEnvironment } from './gpus.js';

/** TensorFlow by its C library: loads SavedModels, perhaps with ops that only its device has. */
export const tensorflow: EngineImplementation = {
  title: 'TensorFlow',
  main: new URL('./main', import.meta.url),

  environment: ({ threads, kernels, allocator, maxDevices }) => ({
    defaults: {
      // Informational and warning lines of the library are noise; errors stay.
      TF_CPP_MIN_LOG_LEVEL: '2',
      ...gpuEnvironment(),
      // Tensors in huge pages where the system offers them on request: a bfloat16 step of ResNet-50 takes 6 to 10 %
      // less processor time. (glibc from 2.35; others ignore it.)
      GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
      // One op at a time, on all cores: two at once take turns at them anyway, and keep more memory alive.
      TF_NUM_INTEROP_THREADS: '1',
    },
    overrides: {
      ...allocatorEnvironment(allocator),
      ...deviceEnvironment(maxDevices),
      ...(threads === undefined ? {} : { TF_NUM_INTRAOP_THREADS: String(threads) }),
      ...(kernels === undefined ? {} : { SULCUS_ENGINE_KERNELS: kernels }),
    },
  }),

  lower(program, { oneDnn, customConvolutionTypes, customBatchNormTypes }) {
    const { savedModel, ...rest } =
      'graph' in program
        ? serializeProgram(program, { oneDnn, customConvolutionTypes, customBatchNormTypes })
        : program;
    return { graph: { savedModel }, ...rest };
  },
};
