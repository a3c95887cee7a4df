import {
  biasAdd,
  cast,
  conv2d as emitConv2d,
  depthwiseConv2d as emitDepthwiseConv2d,
  pad,
  type Padding,
  type Tensor,
} from '#libs/graph';
import type { NetworkBuilder } from './network-builder.js';
import { torchDefaultUniform, type Initialisation } from './parameter.js';

export interface Conv2dOptions {
  readonly outChannels: number;
  /** Height and width of the filter. */
  readonly kernelSize: number;
  /** Default 1. */
  readonly stride?: number;
  /** Rows and columns of zeros on every side. Default: as many as keep the size at stride 1. */
  readonly padding?: number;
  /**
   * How sizes that a stride does not divide evenly are padded: torch's way (the default) on both sides alike,
   * TensorFlow's SAME with the odd row and column at the end. They differ at stride 2 and an even size only; SAME
   * leaves no choice of `padding`.
   */
  readonly paddingMode?: 'torch' | 'same';
  /** Default false: a batch norm follows. */
  readonly bias?: boolean;
  /** Of the weights. Default: torch's of `Conv2d`. */
  readonly initialisation?: (fanIn: number, fanOut: number) => Initialisation;
  /** Of the bias. Default: torch's of `Conv2d`. */
  readonly biasInitialisation?: (fanIn: number) => Initialisation;
}

/**
 * Two-dimensional convolution with torch's geometry; computes in the type of its input.
 * Input: [batch, height, width, in]. Output: [batch, height', width', out] with height' = ⌊(height + 2·padding −
 * kernel) / stride⌋ + 1. Parameters: `<name>.weight` [out, in, kernel, kernel] and, if asked for, `<name>.bias` [out].
 */
export function conv2d(network: NetworkBuilder, name: string, x: Tensor, options: Conv2dOptions): Tensor {
  const {
    outChannels,
    kernelSize,
    stride = 1,
    padding = (kernelSize - 1) / 2,
    paddingMode = 'torch',
    bias = false,
    initialisation = torchDefaultUniform,
    biasInitialisation = torchDefaultUniform,
  } = options;
  const { graph } = network;
  const inChannels = x.shape[3]!;
  const fanIn = inChannels * kernelSize * kernelSize;
  const fanOut = outChannels * kernelSize * kernelSize;
  const weight = network.parameter({
    name: `${name}.weight`,
    shape: [outChannels, inChannels, kernelSize, kernelSize],
    layout: 'convolution',
    trainable: true,
    initialisation: initialisation(fanIn, fanOut),
  });
  const padded = paddingMode === 'same' ? same(x) : torchPadding(network, x, kernelSize, stride, padding);
  const y = emitConv2d(graph, padded.x, cast(graph, weight, x.dtype), { strides: stride, padding: padded.padding });
  if (!bias) return y;
  const offset = network.parameter({
    name: `${name}.bias`,
    shape: [outChannels],
    layout: 'plain',
    trainable: true,
    initialisation: biasInitialisation(fanIn),
  });
  return biasAdd(graph, y, cast(graph, offset, x.dtype));
}

export type DepthwiseConv2dOptions = Pick<Conv2dOptions, 'kernelSize' | 'stride' | 'paddingMode' | 'initialisation'>;

/**
 * Convolution of every channel by a filter of its own (torch's `groups` equal to the channels), padded to keep the size
 * at stride 1. Input: [batch, height, width, channels]. Output: [batch, height', width', channels].
 * Parameters: `<name>.weight` [channels, 1, kernel, kernel].
 */
export function depthwiseConv2d(
  network: NetworkBuilder,
  name: string,
  x: Tensor,
  { kernelSize, stride = 1, paddingMode = 'torch', initialisation = torchDefaultUniform }: DepthwiseConv2dOptions,
): Tensor {
  const channels = x.shape[3]!;
  const area = kernelSize * kernelSize;
  const weight = network.parameter({
    name: `${name}.weight`,
    shape: [channels, 1, kernelSize, kernelSize],
    layout: 'depthwise',
    trainable: true,
    initialisation: initialisation(area, channels * area),
  });
  const padded = paddingMode === 'same' ? same(x) : torchPadding(network, x, kernelSize, stride, (kernelSize - 1) / 2);
  return emitDepthwiseConv2d(network.graph, padded.x, cast(network.graph, weight, x.dtype), {
    strides: stride,
    padding: padded.padding,
  });
}

/** An input as it is to be convolved: perhaps with zeros around it, and the padding that is left to the op. */
interface Padded {
  readonly x: Tensor;
  readonly padding: Padding;
}

const same = (x: Tensor): Padded => ({ x, padding: 'SAME' });

/**
 * Explicit padding would leave oneDNN's kernels (10 to 100 times slower in bfloat16); TensorFlow's SAME pads torch's
 * way only at stride 1 with an odd kernel.
 */
function torchPadding(network: NetworkBuilder, x: Tensor, kernelSize: number, stride: number, padding: number): Padded {
  if (stride === 1 && kernelSize === 2 * padding + 1) return { x, padding: 'SAME' };
  return { x: padding === 0 ? x : padSpatially(network, x, padding), padding: 'VALID' };
}

/** Zeros around height and width. Input and output: [batch, height, width, channels]. */
export function padSpatially(network: NetworkBuilder, x: Tensor, padding: number): Tensor {
  return pad(network.graph, x, [
    [0, 0],
    [padding, padding],
    [padding, padding],
    [0, 0],
  ]);
}
