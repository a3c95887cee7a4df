import { concat, relu, type Tensor } from '#libs/graph';
import { batchNorm } from '../layers/batch-norm.js';
import { conv2d } from '../layers/convolution.js';
import { linear } from '../layers/linear.js';
import type { NetworkBuilder } from '../layers/network-builder.js';
import { kaimingNormalFanIn, zeros } from '../layers/parameter.js';
import { averagePool, globalAveragePool, maxPool } from '../layers/pooling.js';
import { registerModel } from './registry.js';

interface DenseNetConfig {
  /** Layers of each dense block; a transition to half the size and half the channels lies between two blocks. */
  readonly blocks: readonly [number, number, number, number];
  /** Channels each layer adds. */
  readonly growthRate: number;
  readonly stemChannels: number;
}

/** Width of a layer's 1×1 convolution in multiples of the growth rate. */
const BOTTLENECK = 4;

const convolution = (
  network: NetworkBuilder,
  name: string,
  x: Tensor,
  outChannels: number,
  kernelSize: number,
  stride = 1,
): Tensor => conv2d(network, name, x, { outChannels, kernelSize, stride, initialisation: kaimingNormalFanIn });

const batchNormRelu = (network: NetworkBuilder, name: string, x: Tensor): Tensor =>
  relu(network.graph, batchNorm(network, name, x));

/** What a layer adds to the channels before it. */
function denseLayer(network: NetworkBuilder, name: string, x: Tensor, growthRate: number): Tensor {
  const narrow = convolution(
    network,
    `${name}.conv1`,
    batchNormRelu(network, `${name}.norm1`, x),
    BOTTLENECK * growthRate,
    1,
  );
  return convolution(network, `${name}.conv2`, batchNormRelu(network, `${name}.norm2`, narrow), growthRate, 3);
}

function transition(network: NetworkBuilder, name: string, x: Tensor): Tensor {
  const narrow = convolution(
    network,
    `${name}.conv`,
    batchNormRelu(network, `${name}.norm`, x),
    Math.floor(x.shape[3]! / 2),
    1,
  );
  return averagePool(network, narrow, { poolSize: 2, stride: 2 });
}

function features({
  blocks,
  growthRate,
  stemChannels,
}: DenseNetConfig): (network: NetworkBuilder, images: Tensor) => Tensor {
  return (network, images) => {
    let x = batchNormRelu(
      network,
      'features.norm0',
      convolution(network, 'features.conv0', images, stemChannels, 7, 2),
    );
    x = maxPool(network, x, { poolSize: 3, stride: 2, padding: 1 });
    for (const [index, layers] of blocks.entries()) {
      for (let layer = 1; layer <= layers; layer++) {
        x = concat(
          network.graph,
          [x, denseLayer(network, `features.denseblock${index + 1}.denselayer${layer}`, x, growthRate)],
          3,
        );
      }
      if (index < blocks.length - 1) x = transition(network, `features.transition${index + 1}`, x);
    }
    return batchNormRelu(network, 'features.norm5', x);
  };
}

const classifier = (network: NetworkBuilder, x: Tensor, classes: number): Tensor =>
  linear(network, 'classifier', globalAveragePool(network, x), classes, { biasInitialisation: zeros });

const PAPER = 'Huang et al. 2016, Densely Connected Convolutional Networks, https://arxiv.org/abs/1608.06993, Table 1';

const NETWORKS: Readonly<Record<string, DenseNetConfig>> = {
  densenet121: { blocks: [6, 12, 24, 16], growthRate: 32, stemChannels: 64 },
  densenet169: { blocks: [6, 12, 32, 32], growthRate: 32, stemChannels: 64 },
};

for (const [name, config] of Object.entries(NETWORKS)) {
  registerModel({
    name,
    family: 'densenet',
    reference: PAPER,
    minimumInputPx: 32,
    defaultInputPx: 224,
    features: features(config),
    classifier,
  });
}
