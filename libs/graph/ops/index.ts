export {
  abs,
  add,
  addN,
  div,
  equal,
  exp,
  greater,
  greaterEqual,
  identity,
  less,
  lessEqual,
  log,
  maximum,
  minimum,
  mul,
  neg,
  rsqrt,
  select,
  sqrt,
  square,
  stopGradient,
  sub,
  type Operand,
} from './elementwise.js';
export { dropout, hardSigmoid, hardSwish, relu, relu6, sigmoid, tanh } from './activations.js';
export { broadcastLike, cast, concat, decodeRaw, pad, reshape, shapeOf, slice, tile, transpose } from './layout.js';
export { argMax, max, mean, sum } from './reduction.js';
export { biasAdd, matMul } from './linear.js';
export { conv2d, depthwiseConv2d, type ConvolutionOptions, type Padding, type Window } from './convolution.js';
export { avgPool, maxPool, type PoolingOptions } from './pooling.js';
export { fusedBatchNorm, type BatchNormOptions, type BatchNormResult } from './normalization.js';
export { logSoftmax, oneHot, softmax, sparseSoftmaxCrossEntropy } from './classification.js';
export { statelessRandomUniform } from './random.js';
export {
  assignVariable,
  resourceApplyAdam,
  resourceApplyGradientDescent,
  resourceApplyMomentum,
  type AdamScalars,
} from './update.js';
export { FIXED_POINT_LIMIT, FIXED_POINT_SUM, FIXED_POINT_UNITS, fixedPointSum } from './fixed-point.js';
