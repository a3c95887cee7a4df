import { attr, describe, graphError, type Graph, type Tensor } from '../core/index.js';
import { requireRank, requireSameType, windowedSize } from './shapes.js';

/** SAME pads as TensorFlow does (more at the end); for another geometry use `pad` and VALID. */
export type Padding = 'SAME' | 'VALID';

/** One number for both spatial axes, or [height, width]. */
export type Window = number | readonly [height: number, width: number];

export interface ConvolutionOptions {
  strides?: Window;
  padding: Padding;
  dilations?: Window;
}

/** A window as [height, width]. */
export const pair = (window: Window): readonly [number, number] =>
  typeof window === 'number' ? [window, window] : window;

/**
 * Attributes and spatial output sizes common to both convolutions. Padding is never EXPLICIT: oneDNN has no kernel for
 * it and bfloat16 runs 10 to 100 times slower.
 */
function geometry(x: Tensor, filter: Tensor, options: ConvolutionOptions) {
  requireRank(x, 4, 'The input of a convolution');
  requireRank(filter, 4, 'The filter of a convolution');
  requireSameType([x, filter], 'A convolution');
  if (x.shape[3] !== filter.shape[2])
    throw graphError(`A filter ${describe(filter)} does not fit ${x.shape[3]} channels of ${describe(x)}`);
  const strides = pair(options.strides ?? 1);
  const dilations = pair(options.dilations ?? 1);
  const spatial = [0, 1].map((axis) =>
    windowedSize(x.shape[axis + 1]!, filter.shape[axis]!, strides[axis]!, dilations[axis]!, options.padding),
  );
  const attrs = {
    T: attr.type(x.dtype),
    strides: attr.ints([1, ...strides, 1]),
    padding: attr.string(options.padding),
    data_format: attr.string('NHWC'),
    dilations: attr.ints([1, ...dilations, 1]),
  };
  return { spatial, attrs };
}

/** Convolution (cross-correlation) of [n,h,w,in] with a filter [kh,kw,in,out]. */
export function conv2d(g: Graph, x: Tensor, filter: Tensor, options: ConvolutionOptions): Tensor {
  const { spatial, attrs } = geometry(x, filter, options);
  return g.op('Conv2D', [x, filter], attrs, [
    { dtype: x.dtype, shape: [x.shape[0]!, ...spatial, filter.shape[3]!] },
  ])[0]!;
}

/** Convolution of each channel by its own filters [kh,kw,in,multiplier]; the result has in·multiplier channels. */
export function depthwiseConv2d(g: Graph, x: Tensor, filter: Tensor, options: ConvolutionOptions): Tensor {
  const { spatial, attrs } = geometry(x, filter, options);
  const [vertical, horizontal] = pair(options.strides ?? 1);
  if (vertical !== horizontal) throw graphError('depthwiseConv2d needs equal strides');
  return g.op('DepthwiseConv2dNative', [x, filter], attrs, [
    { dtype: x.dtype, shape: [x.shape[0]!, ...spatial, filter.shape[2]! * filter.shape[3]!] },
  ])[0]!;
}
