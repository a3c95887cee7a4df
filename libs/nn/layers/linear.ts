import { biasAdd, cast, matMul, reshape, transpose, type Tensor } from '#libs/graph';
import type { NetworkBuilder } from './network-builder.js';
import { torchDefaultUniform, type Initialisation } from './parameter.js';

export interface LinearOptions {
  /** Of the weights. Default: torch's of `Linear`. */
  readonly initialisation?: Initialisation;
  /** Of the bias. Default: torch's of `Linear`. */
  readonly biasInitialisation?: Initialisation;
}

/**
 * Affine map, always in float32: heads are small and their logits decide.
 * Input: [batch, in] of any floating type. Output: float32 [batch, out].
 * Parameters: `<name>.weight` [out, in], `<name>.bias` [out], drawn as torch's `Linear` does unless told otherwise.
 */
export function linear(
  network: NetworkBuilder,
  name: string,
  x: Tensor,
  outFeatures: number,
  options: LinearOptions = {},
): Tensor {
  const { graph } = network;
  const inFeatures = x.shape[1]!;
  const { initialisation = torchDefaultUniform(inFeatures), biasInitialisation = torchDefaultUniform(inFeatures) } =
    options;
  const weight = network.parameter({
    name: `${name}.weight`,
    shape: [outFeatures, inFeatures],
    layout: 'plain',
    trainable: true,
    initialisation,
  });
  const bias = network.parameter({
    name: `${name}.bias`,
    shape: [outFeatures],
    layout: 'plain',
    trainable: true,
    initialisation: biasInitialisation,
  });
  return biasAdd(graph, matMul(graph, cast(graph, x, 'float32'), weight, { transposeB: true }), bias);
}

/**
 * All features of an image in a row, in torch's order (channel, row, column), so that a following linear layer has
 * torch's weights. Input: [batch, height, width, channels]. Output: [batch, channels·height·width].
 */
export function flatten(network: NetworkBuilder, x: Tensor): Tensor {
  const [, height, width, channels] = x.shape as [number, number, number, number];
  return reshape(network.graph, transpose(network.graph, x, [0, 3, 1, 2]), [-1, channels * height * width]);
}
