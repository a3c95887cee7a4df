import { createOpTable } from '#libs/graph';
import type { OpKernel } from '../op-kernel.js';
import { classificationKernels } from './classification.js';
import { convolutionKernels } from './convolution.js';
import { depthwiseKernels } from './depthwise.js';
import { elementwiseKernels } from './elementwise.js';
import { fixedPointKernels } from './fixed-point.js';
import { layoutKernels } from './layout.js';
import { linearKernels } from './linear.js';
import { normalizationKernels } from './normalization.js';
import { poolingKernels } from './pooling.js';
import { reductionKernels } from './reduction.js';
import { stateKernels } from './state.js';

/** How each op type is computed. */
export const opKernels: ReadonlyMap<string, OpKernel> = createOpTable<OpKernel>(
  'kernel',
  classificationKernels,
  convolutionKernels,
  depthwiseKernels,
  elementwiseKernels,
  fixedPointKernels,
  layoutKernels,
  linearKernels,
  normalizationKernels,
  poolingKernels,
  reductionKernels,
  stateKernels,
);
