import { attr, describe, graphError, type DType, type Graph, type Tensor } from '../core/index.js';
import { requireRank } from './shapes.js';

const overClasses =
  (type: string) =>
  (g: Graph, logits: Tensor): Tensor =>
    g.op(type, [logits], { T: attr.type(logits.dtype) }, [logits])[0]!;

/** Probabilities over the last axis. */
export const softmax = overClasses('Softmax');
/** Logarithms of the probabilities over the last axis. */
export const logSoftmax = overClasses('LogSoftmax');

/**
 * Cross-entropy of each sample against its class.
 *
 * @param logits [n,classes]
 * @param labels int32 or int64 [n], each in [0, classes): another value gives NaN on GPU and an error on CPU
 * @returns [n], nats
 */
export function sparseSoftmaxCrossEntropy(g: Graph, logits: Tensor, labels: Tensor): Tensor {
  requireRank(logits, 2, 'Logits');
  requireRank(labels, 1, 'Labels');
  if (labels.dtype !== 'int32' && labels.dtype !== 'int64')
    throw graphError(`Labels must be int32 or int64, got ${describe(labels)}`);
  const attrs = { T: attr.type(logits.dtype), Tlabels: attr.type(labels.dtype) };
  // Output 1 is the gradient of each loss with respect to the logits.
  return g.op('SparseSoftmaxCrossEntropyWithLogits', [logits, labels], attrs, [
    { dtype: logits.dtype, shape: [logits.shape[0]!] },
    logits,
  ])[0]!;
}

/** Rows with `on` at the index's place and `off` elsewhere: [...indices, depth]. */
export function oneHot(
  g: Graph,
  indices: Tensor,
  depth: number,
  { on = 1, off = 0, dtype = 'float32' }: { on?: number; off?: number; dtype?: DType } = {},
): Tensor {
  const inputs = [indices, g.constant(depth, 'int32'), g.constant(on, dtype), g.constant(off, dtype)];
  return g.op('OneHot', inputs, { T: attr.type(dtype), TI: attr.type(indices.dtype), axis: attr.int(-1) }, [
    { dtype, shape: [...indices.shape, depth] },
  ])[0]!;
}
