import { cast, maxPool as emitMaxPool, mean, type Tensor } from '#libs/engine';
import { padSpatially } from './convolution.js';
import type { NetworkBuilder } from './network-builder.js';

export interface MaxPoolOptions {
  readonly windowPx: number;
  readonly stride: number;
  /** Default 0. */
  readonly paddingPx?: number;
}

/**
 * Largest value of each window, torch's geometry (sizes rounded down).
 * Input: [batch, height, width, channels]; with padding the values must not be negative (it follows a ReLU), because
 * zeros then stand for torch's −∞ border. Output: [batch, height', width', channels].
 */
export function maxPool(network: NetworkBuilder, x: Tensor, { windowPx, stride, paddingPx = 0 }: MaxPoolOptions): Tensor {
  const padded = paddingPx === 0 ? x : padSpatially(network, x, paddingPx);
  return emitMaxPool(network.graph, padded, { window: windowPx, strides: stride, padding: 'VALID' });
}

/** Mean of every channel, taken in float32. Input: [batch, height, width, channels]. Output: float32 [batch, channels]. */
export function globalAveragePool(network: NetworkBuilder, x: Tensor): Tensor {
  return mean(network.graph, cast(network.graph, x, 'float32'), [1, 2], false);
}
