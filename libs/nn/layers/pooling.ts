import {
  avgPool as emitAvgPool,
  cast,
  matMul,
  maxPool as emitMaxPool,
  mean,
  reshape,
  transpose,
  type Tensor,
} from '#libs/graph';
import { padSpatially } from './convolution.js';
import type { NetworkBuilder } from './network-builder.js';

export interface MaxPoolOptions {
  /** Height and width of the window. */
  readonly poolSize: number;
  readonly stride: number;
  /** Rows and columns of zeros on every side. Default 0. */
  readonly padding?: number;
}

/**
 * Largest value of each window, torch's geometry (sizes rounded down).
 * Input: [batch, height, width, channels]; with padding the values must not be negative (it follows a ReLU), because
 * zeros then stand for torch's −∞ border. Output: [batch, height', width', channels].
 */
export function maxPool(network: NetworkBuilder, x: Tensor, { poolSize, stride, padding = 0 }: MaxPoolOptions): Tensor {
  const padded = padding === 0 ? x : padSpatially(network, x, padding);
  return emitMaxPool(network.graph, padded, { window: poolSize, strides: stride, padding: 'VALID' });
}

/**
 * Mean of each window without padding, torch's geometry (sizes rounded down).
 * Input: [batch, height, width, channels]. Output: [batch, height', width', channels].
 */
export const averagePool = (
  network: NetworkBuilder,
  x: Tensor,
  { poolSize, stride }: Omit<MaxPoolOptions, 'padding'>,
): Tensor => emitAvgPool(network.graph, x, { window: poolSize, strides: stride, padding: 'VALID' });

/**
 * Weights [size, outSize] of torch's adaptive average along one axis: cell i is the mean of ⌊i·size/outSize⌋ to
 * ⌈(i+1)·size/outSize⌉.
 */
function adaptiveWeights(size: number, outSize: number): number[][] {
  return Array.from({ length: size }, (_, position) =>
    Array.from({ length: outSize }, (_, cell) => {
      const [begin, end] = [Math.floor((cell * size) / outSize), Math.ceil(((cell + 1) * size) / outSize)];
      return position >= begin && position < end ? 1 / (end - begin) : 0;
    }),
  );
}

/**
 * torch's `AdaptiveAvgPool2d`: means over windows chosen so that the result has the given size, whatever the input's.
 * Input: [batch, height, width, channels]. Output: [batch, outputSize, outputSize, channels]; float32 unless the size
 * fits already.
 */
export function adaptiveAveragePool(network: NetworkBuilder, x: Tensor, outputSize: number): Tensor {
  const { graph } = network;
  const [, height, width, channels] = x.shape as [number, number, number, number];
  if (height === outputSize && width === outputSize) return x;
  // One matrix [height · width, outputSize · outputSize] does both axes: the feature maps that come here are small.
  const [vertical, horizontal] = [adaptiveWeights(height, outputSize), adaptiveWeights(width, outputSize)];
  const weights = vertical
    .flatMap((row) => horizontal.map((column) => row.flatMap((a) => column.map((b) => a * b))))
    .flat();
  const maps = reshape(graph, transpose(graph, cast(graph, x, 'float32'), [0, 3, 1, 2]), [-1, height * width]);
  const pooled = matMul(graph, maps, graph.constant(weights, 'float32', [height * width, outputSize * outputSize]));
  return transpose(graph, reshape(graph, pooled, [-1, channels, outputSize, outputSize]), [0, 2, 3, 1]);
}

/**
 * Mean of every channel, taken in float32. Input: [batch, height, width, channels]. Output: float32 [batch, channels].
 */
export function globalAveragePool(network: NetworkBuilder, x: Tensor): Tensor {
  return mean(network.graph, cast(network.graph, x, 'float32'), [1, 2], false);
}
