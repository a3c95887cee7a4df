import { biasAdd, cast, conv2d as emitConv2d, pad, type Tensor } from '#libs/engine';
import type { NetworkBuilder } from './network-builder.js';
import { torchDefaultUniform, type Initialisation } from './parameter.js';

export interface Conv2dOptions {
  readonly outChannels: number;
  /** Height and width of the filter. */
  readonly kernelPx: number;
  /** Default 1. */
  readonly stride?: number;
  /** Rows and columns of zeros on every side. Default: as many as keep the size at stride 1. */
  readonly paddingPx?: number;
  /** Default false: a batch norm follows. */
  readonly bias?: boolean;
  /** Of the weights. Default: torch's of `Conv2d`. */
  readonly initialisation?: (fanIn: number, fanOut: number) => Initialisation;
}

/**
 * Two-dimensional convolution with torch's geometry; computes in the type of its input.
 * Input: [batch, height, width, in]. Output: [batch, height', width', out] with height' = ⌊(height + 2·padding − kernel) / stride⌋ + 1.
 * Parameters: `<name>.weight` [out, in, kernel, kernel] and, if asked for, `<name>.bias` [out].
 */
export function conv2d(network: NetworkBuilder, name: string, x: Tensor, options: Conv2dOptions): Tensor {
  const { outChannels, kernelPx, stride = 1, paddingPx = (kernelPx - 1) / 2, bias = false, initialisation = torchDefaultUniform } = options;
  const { graph } = network;
  const inChannels = x.shape[3]!;
  const fanIn = inChannels * kernelPx * kernelPx;
  const fanOut = outChannels * kernelPx * kernelPx;
  const weight = network.parameter({
    name: `${name}.weight`,
    shape: [outChannels, inChannels, kernelPx, kernelPx],
    layout: 'convolution',
    trainable: true,
    initialisation: initialisation(fanIn, fanOut),
  });
  // Explicit padding would leave oneDNN's kernels (10 to 100 times slower in bfloat16); TensorFlow's SAME pads torch's
  // way only at stride 1 with an odd kernel.
  const same = stride === 1 && kernelPx === 2 * paddingPx + 1;
  const padded = same || paddingPx === 0 ? x : padSpatially(network, x, paddingPx);
  const y = emitConv2d(graph, padded, cast(graph, weight, x.dtype), { strides: stride, padding: same ? 'SAME' : 'VALID' });
  if (!bias) return y;
  const offset = network.parameter({ name: `${name}.bias`, shape: [outChannels], layout: 'plain', trainable: true, initialisation: torchDefaultUniform(fanIn) });
  return biasAdd(graph, y, cast(graph, offset, x.dtype));
}

/** Zeros around height and width. Input and output: [batch, height, width, channels]. */
export function padSpatially(network: NetworkBuilder, x: Tensor, paddingPx: number): Tensor {
  return pad(network.graph, x, [[0, 0], [paddingPx, paddingPx], [paddingPx, paddingPx], [0, 0]]);
}
