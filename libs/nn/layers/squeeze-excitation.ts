import { cast, hardSigmoid, mean, mul, relu, type Tensor } from '#libs/graph';
import { conv2d } from './convolution.js';
import type { NetworkBuilder } from './network-builder.js';
import { kaimingNormalFanOut, zeros } from './parameter.js';

/**
 * Scales every channel by a number in [0, 1] worked out from the means of all channels (Hu et al. 2017,
 * https://arxiv.org/abs/1709.01507), with MobileNetV3's hard sigmoid.
 * Input and output: [batch, height, width, channels].
 * Parameters: `<name>.fc1` and `<name>.fc2`, 1×1 convolutions with bias.
 */
export function squeezeExcitation(network: NetworkBuilder, name: string, x: Tensor, squeezedChannels: number): Tensor {
  const { graph } = network;
  const options = {
    kernelSize: 1,
    bias: true,
    initialisation: (_fanIn: number, fanOut: number) => kaimingNormalFanOut(fanOut),
    biasInitialisation: () => zeros,
  };
  const means = cast(graph, mean(graph, cast(graph, x, 'float32'), [1, 2], true), x.dtype);
  const squeezed = relu(graph, conv2d(network, `${name}.fc1`, means, { ...options, outChannels: squeezedChannels }));
  return mul(
    graph,
    x,
    hardSigmoid(graph, conv2d(network, `${name}.fc2`, squeezed, { ...options, outChannels: x.shape[3]! })),
  );
}
