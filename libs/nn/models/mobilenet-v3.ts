import { add, hardSwish, relu, type Graph, type Tensor } from '#libs/graph';
import { batchNorm } from '../layers/batch-norm.js';
import { conv2d, depthwiseConv2d, type Conv2dOptions } from '../layers/convolution.js';
import { dropout } from '../layers/dropout.js';
import { linear } from '../layers/linear.js';
import type { NetworkBuilder } from '../layers/network-builder.js';
import { kaimingNormalFanOut, zeros, type Initialisation } from '../layers/parameter.js';
import { globalAveragePool } from '../layers/pooling.js';
import { squeezeExcitation } from '../layers/squeeze-excitation.js';
import { registerModel } from './registry.js';

/** An inverted residual block: 1×1 to more channels, depthwise, squeeze-and-excitation, 1×1 to fewer. */
interface Row {
  readonly kernelSize: 3 | 5;
  readonly expandedChannels: number;
  readonly outChannels: number;
  readonly squeeze: boolean;
  readonly activation: 'relu' | 'hardSwish';
  readonly stride: 1 | 2;
}

interface MobileNetV3Config {
  readonly rows: readonly Row[];
  /** Width of the classifier's hidden layer. */
  readonly hiddenFeatures: number;
  /** How its convolutions are padded. Default: torch's way. */
  readonly paddingMode?: Conv2dOptions['paddingMode'];
  readonly reference: string;
}

const STEM_CHANNELS = 16;
/** The last convolution has this many times the channels of the last row. */
const HEAD_EXPANSION = 6;
const SQUEEZE_DIVISOR = 4;
const DROPOUT = 0.2;
const BATCH_NORM = { epsilon: 0.001, momentum: 0.01 } as const;

const ACTIVATIONS: Readonly<Record<Row['activation'], (graph: Graph, x: Tensor) => Tensor>> = { relu, hardSwish };

const initialisation = (_fanIn: number, fanOut: number): Initialisation => kaimingNormalFanOut(fanOut);
const LINEAR = { initialisation: { kind: 'normal', standardDeviation: 0.01 }, biasInitialisation: zeros } as const;

/** The nearest multiple of 8, at most 10 % below the number. */
function multipleOf8(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

/** Convolution and batch norm under torchvision's names: a convolution, its batch norm, its activation in a row. */
const convBatchNorm = (
  network: NetworkBuilder,
  name: string,
  x: Tensor,
  outChannels: number,
  kernelSize: number,
  options: Pick<Conv2dOptions, 'stride' | 'paddingMode'> = {},
): Tensor =>
  batchNorm(
    network,
    `${name}.1`,
    conv2d(network, `${name}.0`, x, { outChannels, kernelSize, ...options, initialisation }),
    BATCH_NORM,
  );

function block(
  network: NetworkBuilder,
  name: string,
  x: Tensor,
  row: Row,
  paddingMode: Conv2dOptions['paddingMode'] = 'torch',
): Tensor {
  const { graph } = network;
  const { kernelSize, expandedChannels, outChannels, squeeze, stride } = row;
  const activate = ACTIVATIONS[row.activation];
  let position = 0;
  const next = (): string => `${name}.block.${position++}`;
  let y = x;
  if (expandedChannels !== x.shape[3]) y = activate(graph, convBatchNorm(network, next(), y, expandedChannels, 1));
  const depthwise = next();
  y = activate(
    graph,
    batchNorm(
      network,
      `${depthwise}.1`,
      depthwiseConv2d(network, `${depthwise}.0`, y, { kernelSize, stride, paddingMode, initialisation }),
      BATCH_NORM,
    ),
  );
  if (squeeze) y = squeezeExcitation(network, next(), y, multipleOf8(expandedChannels / SQUEEZE_DIVISOR));
  y = convBatchNorm(network, next(), y, outChannels, 1);
  return stride === 1 && x.shape[3] === outChannels ? add(graph, y, x) : y;
}

function features({
  rows,
  paddingMode = 'torch',
}: MobileNetV3Config): (network: NetworkBuilder, images: Tensor) => Tensor {
  return (network, images) => {
    let x = hardSwish(
      network.graph,
      convBatchNorm(network, 'features.0', images, STEM_CHANNELS, 3, { stride: 2, paddingMode }),
    );
    for (const [index, row] of rows.entries()) x = block(network, `features.${index + 1}`, x, row, paddingMode);
    return hardSwish(
      network.graph,
      convBatchNorm(network, `features.${rows.length + 1}`, x, HEAD_EXPANSION * x.shape[3]!, 1),
    );
  };
}

function classifier({
  hiddenFeatures,
}: MobileNetV3Config): (network: NetworkBuilder, features: Tensor, classes: number) => Tensor {
  return (network, x, classes) => {
    const hidden = hardSwish(
      network.graph,
      linear(network, 'classifier.0', globalAveragePool(network, x), hiddenFeatures, LINEAR),
    );
    return linear(network, 'classifier.3', dropout(network, 'classifier.2', hidden, DROPOUT), classes, LINEAR);
  };
}

type RowTuple = readonly [
  Row['kernelSize'],
  expandedChannels: number,
  outChannels: number,
  squeeze: boolean,
  Row['activation'],
  Row['stride'],
];

const rows = (tuples: readonly RowTuple[]): Row[] =>
  tuples.map(([kernelSize, expandedChannels, outChannels, squeeze, activation, stride]) => ({
    kernelSize,
    expandedChannels,
    outChannels,
    squeeze,
    activation,
    stride,
  }));

const PAPER = 'Howard et al. 2019, Searching for MobileNetV3, https://arxiv.org/abs/1905.02244';

/** Columns: kernel, expanded channels, output channels, squeeze-and-excitation, activation, stride. */
const NETWORKS: Readonly<Record<string, MobileNetV3Config>> = {
  mobilenet_v3_large: {
    reference: `${PAPER}, Table 1`,
    hiddenFeatures: 1280,
    rows: rows([
      [3, 16, 16, false, 'relu', 1],
      [3, 64, 24, false, 'relu', 2],
      [3, 72, 24, false, 'relu', 1],
      [5, 72, 40, true, 'relu', 2],
      [5, 120, 40, true, 'relu', 1],
      [5, 120, 40, true, 'relu', 1],
      [3, 240, 80, false, 'hardSwish', 2],
      [3, 200, 80, false, 'hardSwish', 1],
      [3, 184, 80, false, 'hardSwish', 1],
      [3, 184, 80, false, 'hardSwish', 1],
      [3, 480, 112, true, 'hardSwish', 1],
      [3, 672, 112, true, 'hardSwish', 1],
      [5, 672, 160, true, 'hardSwish', 2],
      [5, 960, 160, true, 'hardSwish', 1],
      [5, 960, 160, true, 'hardSwish', 1],
    ]),
  },
  mobilenet_v3_small: {
    reference: `${PAPER}, Table 2`,
    hiddenFeatures: 1024,
    rows: rows([
      [3, 16, 16, true, 'relu', 2],
      [3, 72, 24, false, 'relu', 2],
      [3, 88, 24, false, 'relu', 1],
      [5, 96, 40, true, 'hardSwish', 2],
      [5, 240, 40, true, 'hardSwish', 1],
      [5, 240, 40, true, 'hardSwish', 1],
      [5, 120, 48, true, 'hardSwish', 1],
      [5, 144, 48, true, 'hardSwish', 1],
      [5, 288, 96, true, 'hardSwish', 2],
      [5, 576, 96, true, 'hardSwish', 1],
      [5, 576, 96, true, 'hardSwish', 1],
    ]),
  },
};

/** The same as Keras builds them: same parameters, other numbers for images of an even size. */
const KERAS_NETWORKS: Readonly<Record<string, MobileNetV3Config>> = Object.fromEntries(
  Object.entries(NETWORKS).map(([name, config]) => [
    `${name}_keras`,
    { ...config, paddingMode: 'same', reference: `${config.reference}, padded as Keras does` },
  ]),
);

// Many of its channels come in numbers that the custom kernels do not take, and oneDNN's gradients of depthwise
// convolutions and batch norms are slow in bfloat16: a training step takes 1.6 (large) to 2.7 times (small) as long as
// in float32.
for (const [name, config] of Object.entries({ ...NETWORKS, ...KERAS_NETWORKS })) {
  registerModel({
    name,
    family: 'mobilenet-v3',
    reference: config.reference,
    minimumInputPx: 32,
    defaultInputPx: 224,
    fasterInFloat32: true,
    features: features(config),
    classifier: classifier(config),
  });
}
