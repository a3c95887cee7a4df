import { boolAttr, tensorInput, numberAttr, type OpCall, type OpKernels } from '../op-kernel.js';
import { sizeOf, type Value } from '../value.js';
import { columnProducts, columnSums, combineColumns, scaleColumns } from './columns.js';

/** Kernels of batch normalisation over all axes but the last. Sums are kept in double precision. */
export const normalizationKernels: OpKernels = {
  FusedBatchNormV3: (call) => forward(call),
  FusedBatchNormGradV3: (call) => backward(call),
};

/** Mean and biased variance of every channel of [rows, channels]. */
function statistics(x: Float32Array, channels: number): { mean: Float64Array; variance: Float64Array } {
  const rows = x.length / channels;
  const mean = columnSums(x, channels).map((sum) => sum / rows);
  return { mean, variance: columnProducts(x, mean, x, mean).map((sum) => sum / rows) };
}

/**
 * Outputs: normalised, mean and variance to store, then mean and biased variance for the gradient, and an opaque one.
 */
function forward(call: OpCall): Value[] {
  const { heap, node } = call;
  const [x, ...parameters] = [0, 1, 2, 3, 4].map((index) => tensorInput(call, index));
  const channels = x!.shape[3]!;
  const rows = sizeOf(x!) / channels;
  const [epsilon, factor] = [numberAttr(node, 'epsilon'), numberAttr(node, 'exponential_avg_factor')];
  const y = heap.allocate(x!.shape);
  const vectors = node.outputs.slice(1, 5).map(() => heap.allocate([channels]));
  const opaque = heap.allocate([0]);
  const [scale, offset, mean, variance] = parameters.map((parameter) => heap.floats(parameter)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const [newMean, newVariance, usedMean, usedVariance] = vectors.map((vector) => heap.floats(vector)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  if (boolAttr(node, 'is_training')) {
    const batch = statistics(heap.floats(x!), channels);
    // The variance to store is the unbiased estimate, the one in use is not.
    const unbiased = rows / Math.max(1, rows - 1);
    for (let channel = 0; channel < channels; channel++) {
      newMean[channel] = (1 - factor) * (factor === 1 ? 0 : mean[channel]!) + factor * batch.mean[channel]!;
      newVariance[channel] =
        (1 - factor) * (factor === 1 ? 0 : variance[channel]!) + factor * unbiased * batch.variance[channel]!;
    }
    usedMean.set(batch.mean);
    usedVariance.set(batch.variance);
  } else {
    for (const target of [newMean, usedMean]) target.set(mean);
    for (const target of [newVariance, usedVariance]) target.set(variance);
  }
  const factors = Float64Array.from(scale, (value, channel) => value / Math.sqrt(usedVariance[channel]! + epsilon));
  const shifts = Float64Array.from(offset, (value, channel) => value - usedMean[channel]! * factors[channel]!);
  scaleColumns(heap.floats(y), heap.floats(x!), factors, shifts);
  return [y, ...vectors, opaque];
}

/**
 * Inputs: gradient, x, scale, mean and variance in use, opaque. Outputs: gradients of x, scale and offset, and two
 * opaque ones.
 */
function backward(call: OpCall): Value[] {
  const { heap, node } = call;
  const [gradient, x, ...parameters] = [0, 1, 2, 3, 4].map((index) => tensorInput(call, index));
  const channels = x!.shape[3]!;
  const rows = sizeOf(x!) / channels;
  const result = heap.allocate(x!.shape);
  const [scaleGradient, offsetGradient] = [heap.allocate([channels]), heap.allocate([channels])];
  const opaque = [heap.allocate([0]), heap.allocate([0])];
  const [scale, mean, variance] = parameters.map((parameter) => heap.floats(parameter)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const [dy, values, dx] = [heap.floats(gradient!), heap.floats(x!), heap.floats(result)];

  const perDeviation = Float64Array.from(variance, (value) => 1 / Math.sqrt(value + numberAttr(node, 'epsilon')));
  const sums = columnSums(dy, channels);
  const products = columnProducts(dy, new Float64Array(channels), values, Float64Array.from(mean));
  heap.floats(offsetGradient).set(sums);
  heap.floats(scaleGradient).set(products.map((sum, channel) => sum * perDeviation[channel]!));

  // dx = a·dy + b·x + c per channel; without training the statistics do not depend on x, and b = c = 0.
  const training = boolAttr(node, 'is_training');
  const a = perDeviation.map((each, channel) => scale[channel]! * each);
  const b = a.map((each, channel) =>
    training ? (-each * perDeviation[channel]! ** 2 * products[channel]!) / rows : 0,
  );
  const c = a.map((each, channel) => (training ? (-each * sums[channel]!) / rows - b[channel]! * mean[channel]! : 0));
  if (training) combineColumns(dx, dy, a, values, b, c);
  else scaleColumns(dx, dy, a, c);
  return [result, scaleGradient, offsetGradient, ...opaque];
}
