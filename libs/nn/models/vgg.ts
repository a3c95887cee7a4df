import { relu, type Tensor } from '#libs/graph';
import { conv2d } from '../layers/convolution.js';
import { dropout } from '../layers/dropout.js';
import { flatten, linear } from '../layers/linear.js';
import type { NetworkBuilder } from '../layers/network-builder.js';
import { kaimingNormalFanOut, zeros, type Initialisation } from '../layers/parameter.js';
import { adaptiveAveragePool, maxPool } from '../layers/pooling.js';
import { registerModel } from './registry.js';

/** 3×3 convolutions of one width, each with ReLU, then a 2×2 max pool. */
interface Stage {
  readonly convolutions: number;
  readonly channels: number;
}

const stages = (convolutions: readonly [number, number, number, number, number]): Stage[] =>
  convolutions.map((count, index) => ({ convolutions: count, channels: Math.min(512, 64 * 2 ** index) }));

/** Height and width of the feature map the classifier takes. */
const CLASSIFIER_INPUT_SIZE = 7;
const HIDDEN_FEATURES = 4096;
const DROPOUT = 0.5;

const initialisation = (_fanIn: number, fanOut: number): Initialisation => kaimingNormalFanOut(fanOut);
const LINEAR = { initialisation: { kind: 'normal', standardDeviation: 0.01 }, biasInitialisation: zeros } as const;

/** torchvision numbers the layers of a sequence, activations and pools included. */
function features(rows: readonly Stage[]): (network: NetworkBuilder, images: Tensor) => Tensor {
  return (network, images) => {
    let x = images;
    let position = 0;
    for (const { convolutions, channels } of rows) {
      for (let index = 0; index < convolutions; index++) {
        x = relu(
          network.graph,
          conv2d(network, `features.${position}`, x, {
            outChannels: channels,
            kernelSize: 3,
            bias: true,
            initialisation,
            biasInitialisation: () => zeros,
          }),
        );
        position += 2;
      }
      x = maxPool(network, x, { poolSize: 2, stride: 2 });
      position += 1;
    }
    return x;
  };
}

function classifier(network: NetworkBuilder, features: Tensor, classes: number): Tensor {
  const { graph } = network;
  let x = flatten(network, adaptiveAveragePool(network, features, CLASSIFIER_INPUT_SIZE));
  for (const position of [0, 3])
    x = dropout(
      network,
      `classifier.${position + 2}`,
      relu(graph, linear(network, `classifier.${position}`, x, HIDDEN_FEATURES, LINEAR)),
      DROPOUT,
    );
  return linear(network, 'classifier.6', x, classes, LINEAR);
}

const PAPER = 'Simonyan & Zisserman 2014, Very Deep Convolutional Networks, https://arxiv.org/abs/1409.1556, Table 1';

const NETWORKS: Readonly<Record<string, { readonly rows: readonly Stage[]; readonly column: string }>> = {
  vgg16: { rows: stages([2, 2, 3, 3, 3]), column: 'D' },
  vgg19: { rows: stages([2, 2, 4, 4, 4]), column: 'E' },
};

for (const [name, { rows, column }] of Object.entries(NETWORKS)) {
  registerModel({
    name,
    family: 'vgg',
    reference: `${PAPER}, column ${column}`,
    minimumInputPx: 32,
    defaultInputPx: 224,
    features: features(rows),
    classifier,
  });
}
