import { relu, type Tensor } from '#libs/graph';
import { conv2d } from '../layers/convolution.js';
import { flatten, linear } from '../layers/linear.js';
import type { NetworkBuilder } from '../layers/network-builder.js';
import { maxPool } from '../layers/pooling.js';
import { registerModel } from './registry.js';

/** One convolution with ReLU, then a 2×2 max pool or none. */
interface Stage {
  readonly outChannels: number;
  readonly kernelSize: number;
  readonly pool: boolean;
}

const STAGES: readonly Stage[] = [
  { outChannels: 16, kernelSize: 5, pool: true },
  { outChannels: 16, kernelSize: 5, pool: true },
  { outChannels: 3, kernelSize: 3, pool: false },
];

/** Width of the first linear layer. No activation follows it: so the network is defined. */
const HIDDEN_FEATURES = 64;

/** Names the layers conv1, conv2, … */
function features(network: NetworkBuilder, images: Tensor): Tensor {
  let x = images;
  for (const [index, { outChannels, kernelSize, pool }] of STAGES.entries()) {
    x = relu(network.graph, conv2d(network, `conv${index + 1}`, x, { outChannels, kernelSize, bias: true }));
    if (pool) x = maxPool(network, x, { poolSize: 2, stride: 2 });
  }
  return x;
}

/** Names the layers fc1, fc2. The first one's size follows from the image's. */
function classifier(network: NetworkBuilder, x: Tensor, classes: number): Tensor {
  return linear(network, 'fc2', linear(network, 'fc1', flatten(network, x), HIDDEN_FEATURES), classes);
}

registerModel({
  name: 'baseline-cnn',
  family: 'baseline',
  reference:
    'The baseline of a course report on a binary classifier: three convolutions, two linear layers, 256 px images',
  minimumInputPx: 4,
  defaultInputPx: 256,
  features,
  classifier,
});
