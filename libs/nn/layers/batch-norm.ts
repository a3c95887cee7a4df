import { fusedBatchNorm, type Tensor } from '#libs/graph';
import type { NetworkBuilder } from './network-builder.js';
import { ones, zeros, type Initialisation, type ParameterInfo } from './parameter.js';

export interface BatchNormLayerOptions {
  /** Added to the variance. Default: torch's, 1e-5. */
  readonly epsilon?: number;
  /**
   * Weight of the newest batch in the running statistics: running ← (1 − momentum)·running + momentum·batch. Default:
   * torch's, 0.1.
   */
  readonly momentum?: number;
}

/**
 * Batch normalisation over batch, height and width (Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167) as torch's
 * `BatchNorm2d`. Statistics are float32 whatever the input's type. Training normalises by the batch's biased variance
 * and gathers the n/(n−1) estimate, as torch does.
 * Input and output: [batch, height, width, channels].
 * Parameters: `<name>.weight`, `<name>.bias`, `<name>.running_mean`, `<name>.running_var`, each [channels].
 */
export function batchNorm(
  network: NetworkBuilder,
  name: string,
  x: Tensor,
  { epsilon = 1e-5, momentum = 0.1 }: BatchNormLayerOptions = {},
): Tensor {
  const channels = x.shape[3]!;
  const info = (part: string, trainable: boolean, initialisation: Initialisation): ParameterInfo => ({
    name: `${name}.${part}`,
    shape: [channels],
    layout: 'plain',
    trainable,
    initialisation,
  });
  const runningMean = info('running_mean', false, zeros);
  const runningVariance = info('running_var', false, ones);
  const scale = network.parameter(info('weight', true, ones));
  const offset = network.parameter(info('bias', true, zeros));
  const mean = network.parameter(runningMean);
  const variance = network.parameter(runningVariance);
  const training = network.trains(name);
  const normalised = fusedBatchNorm(network.graph, x, scale, offset, mean, variance, { epsilon, training, momentum });
  if (training) {
    network.updateStatistic(runningMean, normalised.batchMean);
    network.updateStatistic(runningVariance, normalised.batchVariance);
  }
  return normalised.y;
}
