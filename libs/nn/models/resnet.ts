import { add, relu, type Tensor } from '#libs/graph';
import { batchNorm } from '../layers/batch-norm.js';
import { conv2d } from '../layers/convolution.js';
import { linear } from '../layers/linear.js';
import type { NetworkBuilder } from '../layers/network-builder.js';
import { kaimingNormalFanOut, type Initialisation } from '../layers/parameter.js';
import { globalAveragePool, maxPool } from '../layers/pooling.js';
import { registerModel } from './registry.js';

/** Blocks of one width; the first block of a stage changes size and width. */
interface Stage {
  readonly blocks: number;
  /** Width of the block's 3×3 convolutions. */
  readonly channels: number;
  /** Stride of the first block. */
  readonly stride: number;
}

/** How a block is made. `basic`: two 3×3 convolutions. `bottleneck`: 1×1, 3×3, 1×1 to four times the width. */
type BlockKind = 'basic' | 'bottleneck';

interface ResNetConfig {
  readonly block: BlockKind;
  /** Width of the first convolution. */
  readonly stemChannels: number;
  readonly stages: readonly Stage[];
  /**
   * Where a bottleneck block changes size: in its 3×3 convolution as torchvision does ("v1.5", the default), or in its
   * first as the paper and Keras do.
   */
  readonly strideAt?: 'spatial' | 'first';
  readonly reference: string;
}

const EXPANSION: Readonly<Record<BlockKind, number>> = { basic: 1, bottleneck: 4 };

const heNormal = (_fanIn: number, fanOut: number): Initialisation => kaimingNormalFanOut(fanOut);

interface ConvolutionShape {
  readonly outChannels: number;
  readonly kernelSize: number;
  readonly stride?: number;
}

/** Convolution and batch norm under torchvision's two names. */
function convBatchNorm(
  network: NetworkBuilder,
  convName: string,
  batchNormName: string,
  x: Tensor,
  shape: ConvolutionShape,
): Tensor {
  return batchNorm(network, batchNormName, conv2d(network, convName, x, { ...shape, initialisation: heNormal }));
}

function convolutionShapes(
  { block, strideAt = 'spatial' }: ResNetConfig,
  channels: number,
  stride: number,
): readonly ConvolutionShape[] {
  if (block === 'basic')
    return [
      { outChannels: channels, kernelSize: 3, stride },
      { outChannels: channels, kernelSize: 3 },
    ];
  const [first, spatial] = strideAt === 'first' ? [stride, 1] : [1, stride];
  return [
    { outChannels: channels, kernelSize: 1, stride: first },
    { outChannels: channels, kernelSize: 3, stride: spatial },
    { outChannels: channels * EXPANSION.bottleneck, kernelSize: 1 },
  ];
}

/** One residual block. */
function block(
  network: NetworkBuilder,
  name: string,
  x: Tensor,
  config: ResNetConfig,
  channels: number,
  stride: number,
): Tensor {
  const { graph } = network;
  const outChannels = channels * EXPANSION[config.block];
  const shapes = convolutionShapes(config, channels, stride);
  let residual = x;
  for (const [index, shape] of shapes.entries()) {
    if (index > 0) residual = relu(graph, residual);
    residual = convBatchNorm(network, `${name}.conv${index + 1}`, `${name}.bn${index + 1}`, residual, shape);
  }
  const changesShape = stride !== 1 || x.shape[3] !== outChannels;
  const shortcut = changesShape
    ? convBatchNorm(network, `${name}.downsample.0`, `${name}.downsample.1`, x, { outChannels, kernelSize: 1, stride })
    : x;
  return relu(graph, add(graph, residual, shortcut));
}

function features(config: ResNetConfig): (network: NetworkBuilder, images: Tensor) => Tensor {
  return (network, images) => {
    let x = relu(
      network.graph,
      convBatchNorm(network, 'conv1', 'bn1', images, { outChannels: config.stemChannels, kernelSize: 7, stride: 2 }),
    );
    x = maxPool(network, x, { poolSize: 3, stride: 2, padding: 1 });
    for (const [stageIndex, { blocks, channels, stride }] of config.stages.entries()) {
      for (let index = 0; index < blocks; index++) {
        x = block(network, `layer${stageIndex + 1}.${index}`, x, config, channels, index === 0 ? stride : 1);
      }
    }
    return x;
  };
}

const classifier = (network: NetworkBuilder, x: Tensor, classes: number): Tensor =>
  linear(network, 'fc', globalAveragePool(network, x), classes);

/** Four stages, each of half the size and twice the width of the one before; the first keeps the stem's size. */
const stages = (channels: number, blocks: readonly [number, number, number, number]): Stage[] =>
  blocks.map((count, index) => ({ blocks: count, channels: channels * 2 ** index, stride: index === 0 ? 1 : 2 }));

const PAPER = 'He et al. 2015, Deep Residual Learning for Image Recognition, https://arxiv.org/abs/1512.03385, Table 1';

const NETWORKS: Readonly<Record<string, ResNetConfig>> = {
  'resnet10-slim': {
    block: 'basic',
    stemChannels: 32,
    stages: stages(32, [1, 1, 1, 1]),
    reference: 'The same rows with one block per stage and half the width: for small images on few processor cores',
  },
  resnet18: { block: 'basic', stemChannels: 64, stages: stages(64, [2, 2, 2, 2]), reference: PAPER },
  resnet34: { block: 'basic', stemChannels: 64, stages: stages(64, [3, 4, 6, 3]), reference: PAPER },
  resnet50: { block: 'bottleneck', stemChannels: 64, stages: stages(64, [3, 4, 6, 3]), reference: PAPER },
  resnet101: { block: 'bottleneck', stemChannels: 64, stages: stages(64, [3, 4, 23, 3]), reference: PAPER },
  resnet152: { block: 'bottleneck', stemChannels: 64, stages: stages(64, [3, 8, 36, 3]), reference: PAPER },
};

/** The networks that Keras has, as Keras builds them: same parameters, other numbers. */
const KERAS_NETWORKS: Readonly<Record<string, ResNetConfig>> = Object.fromEntries(
  ['resnet50', 'resnet101', 'resnet152'].map((name) => [
    `${name}_keras`,
    {
      ...NETWORKS[name]!,
      strideAt: 'first',
      reference: `${PAPER}, with the stride in the first 1×1 convolution of a block, as Keras has it`,
    },
  ]),
);

for (const [name, config] of Object.entries({ ...NETWORKS, ...KERAS_NETWORKS })) {
  registerModel({
    name,
    family: 'resnet',
    reference: config.reference,
    minimumInputPx: 32,
    defaultInputPx: 224,
    features: features(config),
    classifier,
  });
}
