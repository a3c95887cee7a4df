import { fusedBatchNorm, type Tensor } from '#libs/engine';
import type { NetworkBuilder } from './network-builder.js';
import { ones, zeros, type Initialisation, type ParameterInfo } from './parameter.js';

/** torch's defaults of `BatchNorm2d`. */
const EPSILON = 1e-5;
/** Weight of the newest batch in the running statistics: running ← (1 − momentum)·running + momentum·batch. */
const MOMENTUM = 0.1;

/**
 * Batch normalisation over batch, height and width (Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167) with torch's
 * defaults. Statistics are float32 whatever the input's type. Training normalises by the batch's biased variance and
 * gathers the n/(n−1) estimate, as torch does.
 * Input and output: [batch, height, width, channels].
 * Parameters: `<name>.weight`, `<name>.bias`, `<name>.running_mean`, `<name>.running_var`, each [channels].
 */
export function batchNorm(network: NetworkBuilder, name: string, x: Tensor): Tensor {
  const channels = x.shape[3]!;
  const info = (part: string, trainable: boolean, initialisation: Initialisation): ParameterInfo => ({ name: `${name}.${part}`, shape: [channels], layout: 'plain', trainable, initialisation });
  const runningMean = info('running_mean', false, zeros);
  const runningVariance = info('running_var', false, ones);
  const scale = network.parameter(info('weight', true, ones));
  const offset = network.parameter(info('bias', true, zeros));
  const mean = network.parameter(runningMean);
  const variance = network.parameter(runningVariance);
  const normalised = fusedBatchNorm(network.graph, x, scale, offset, mean, variance, { epsilon: EPSILON, training: network.training, momentum: MOMENTUM });
  if (network.training) {
    network.updateStatistic(runningMean, normalised.batchMean);
    network.updateStatistic(runningVariance, normalised.batchVariance);
  }
  return normalised.y;
}
