import { attr, describe, graphError, type Graph, type Tensor } from '../core/index.js';
import { requireRank } from './shapes.js';

export interface BatchNormOptions {
  /** Added to the variance. */
  epsilon: number;
  /** True: normalise by the batch's own statistics. False: by `mean` and `variance` as given. */
  training: boolean;
  /**
   * Weight of the batch in the running statistics, in (0, 1] (PyTorch's `momentum`); training only. The returned
   * statistics are (1 − momentum)·given + momentum·batch, the batch's variance with n − 1 in the denominator.
   */
  momentum?: number;
}

export interface BatchNormResult {
  y: Tensor;
  /** The mean to store: updated running mean, or the batch's own when `momentum` is 1; as given when not training. */
  batchMean: Tensor;
  /** The variance to store, as above. */
  batchVariance: Tensor;
}

/**
 * Batch normalisation over all axes but the last, with its own fused gradient.
 *
 * @param x [n,h,w,c], float32 or bfloat16; the other inputs are float32 [c] in both cases
 */
export function fusedBatchNorm(
  g: Graph,
  x: Tensor,
  scale: Tensor,
  offset: Tensor,
  mean: Tensor,
  variance: Tensor,
  options: BatchNormOptions,
): BatchNormResult {
  requireRank(x, 4, 'The input of batch normalisation');
  for (const [name, parameter] of Object.entries({ scale, offset, mean, variance })) {
    if (parameter.dtype !== 'float32' || parameter.shape.length !== 1 || parameter.shape[0] !== x.shape[3])
      throw graphError(
        `Batch normalisation of ${describe(x)}: ${name} is ${describe(parameter)}, must be float32[${x.shape[3]}]`,
      );
  }
  const statistics = { dtype: 'float32', shape: scale.shape } as const;
  const attrs = {
    T: attr.type(x.dtype),
    U: attr.type('float32'),
    epsilon: attr.float(options.epsilon),
    exponential_avg_factor: attr.float(options.training ? (options.momentum ?? 1) : 1),
    data_format: attr.string('NHWC'),
    is_training: attr.bool(options.training),
  };
  // Outputs 3 to 5 are opaque: what the kernel keeps for its gradient.
  const [y, batchMean, batchVariance] = g.op('FusedBatchNormV3', [x, scale, offset, mean, variance], attrs, [
    x,
    statistics,
    statistics,
    statistics,
    statistics,
    { dtype: 'float32', shape: [-1] },
  ]);
  return { y: y!, batchMean: batchMean!, batchVariance: batchVariance! };
}
