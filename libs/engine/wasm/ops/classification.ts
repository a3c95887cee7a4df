import { tensorInput, type OpCall, type OpKernels } from '../op-kernel.js';
import type { Value } from '../value.js';

/** Kernels over the classes, which are the last axis. Computed in double precision, rounded once. */
export const classificationKernels: OpKernels = {
  Softmax: (call) => [perRow(call, (logit, largest, sum) => Math.exp(logit - largest) / sum)],
  LogSoftmax: (call) => [perRow(call, (logit, largest, sum) => logit - largest - Math.log(sum))],
  SparseSoftmaxCrossEntropyWithLogits: (call) => crossEntropy(call),
  OneHot: (call) => {
    const { heap } = call;
    const [indices, on, off] = [tensorInput(call, 0), tensorInput(call, 2), tensorInput(call, 3)];
    const depth = heap.view(tensorInput(call, 1))[0]!;
    const y = heap.allocate([...indices.shape, depth], on.dtype);
    const target = heap.view(y).fill(heap.view(off)[0]!);
    heap.view(indices).forEach((index, row) => {
      if (index >= 0 && index < depth) target[row * depth + index] = heap.view(on)[0]!;
    });
    return [y];
  },
};

/** The largest logit of a row, and Σ of the exponentials of the distances from it. */
function normaliser(logits: Float32Array, start: number, classes: number): [largest: number, sum: number] {
  let largest = -Infinity;
  // Math.max lets NaN through.
  for (let i = start; i < start + classes; i++) largest = Math.max(largest, logits[i]!);
  let sum = 0;
  for (let i = start; i < start + classes; i++) sum += Math.exp(logits[i]! - largest);
  return [largest, sum];
}

function perRow(call: OpCall, element: (logit: number, largest: number, sum: number) => number): Value {
  const x = tensorInput(call, 0);
  const classes = x.shape.at(-1) ?? 1;
  const y = call.heap.allocate(x.shape);
  const [logits, target] = [call.heap.floats(x), call.heap.floats(y)];
  for (let start = 0; start < logits.length; start += classes) {
    const [largest, sum] = normaliser(logits, start, classes);
    for (let i = start; i < start + classes; i++) target[i] = element(logits[i]!, largest, sum);
  }
  return y;
}

/** Outputs: each sample's cross-entropy, and its gradient with respect to the logits. */
function crossEntropy(call: OpCall): Value[] {
  const { heap, node } = call;
  const x = tensorInput(call, 0);
  const labels = call.inputs[1]!;
  const [samples, classes] = x.shape as [number, number];
  const [losses, gradients] = [heap.allocate([samples]), heap.allocate(x.shape)];
  const classesOf =
    labels.place === 'host' ? Array.from(labels.data, Number) : Array.from(heap.view(tensorInput(call, 1)));
  const [logits, loss, gradient] = [heap.floats(x), heap.floats(losses), heap.floats(gradients)];
  for (const [sample, label] of classesOf.entries()) {
    if (!(label >= 0 && label < classes))
      throw new Error(`"${node.name}": the label ${label} is outside the valid range [0, ${classes})`);
    const start = sample * classes;
    const [largest, sum] = normaliser(logits, start, classes);
    loss[sample] = Math.log(sum) - (logits[start + label]! - largest);
    for (let i = 0; i < classes; i++)
      gradient[start + i] = Math.exp(logits[start + i]! - largest) / sum - (i === label ? 1 : 0);
  }
  return [losses, gradients];
}
