import { windowedSize, type GraphNode } from '#libs/graph';
import { intsAttr, stringAttr } from '../op-kernel.js';

/** How a window slides along one spatial axis. Sizes in pixels. */
export interface WindowAxis {
  readonly inSize: number;
  readonly outSize: number;
  readonly window: number;
  readonly stride: number;
  readonly dilation: number;
  /** Pixels added before the first and after the last one. */
  readonly padBefore: number;
  readonly padAfter: number;
}

/** A convolution or pooling of [batch, height, width, channel]. */
export interface WindowGeometry {
  readonly batch: number;
  readonly vertical: WindowAxis;
  readonly horizontal: WindowAxis;
}

function windowAxis(
  inSize: number,
  window: number,
  stride: number,
  dilation: number,
  padding: 'SAME' | 'VALID',
): WindowAxis {
  const outSize = windowedSize(inSize, window, stride, dilation, padding);
  const missing = padding === 'SAME' ? Math.max(0, (outSize - 1) * stride + (window - 1) * dilation + 1 - inSize) : 0;
  const padBefore = Math.floor(missing / 2);
  return { inSize, outSize, window, stride, dilation, padBefore, padAfter: missing - padBefore };
}

/** The geometry that a node's attributes give for an input of the shape and a window of height and width. */
export function windowGeometry(node: GraphNode, inShape: readonly number[], window: readonly number[]): WindowGeometry {
  const padding = stringAttr(node, 'padding');
  if (padding !== 'SAME' && padding !== 'VALID')
    throw new Error(`${node.type} "${node.name}": padding ${padding} is not supported`);
  const strides = intsAttr(node, 'strides');
  const dilations = 'dilations' in node.attrs ? intsAttr(node, 'dilations') : [1, 1, 1, 1];
  const axis = (index: number): WindowAxis =>
    windowAxis(inShape[index]!, window[index - 1]!, strides[index]!, dilations[index]!, padding);
  return { batch: inShape[0]!, vertical: axis(1), horizontal: axis(2) };
}

/** The attributes by which tfjs's kernels take a geometry. */
export const tfjsWindow = ({ vertical, horizontal }: WindowGeometry) => ({
  strides: [vertical.stride, horizontal.stride],
  dilations: [vertical.dilation, horizontal.dilation],
  pad: [
    [0, 0],
    [vertical.padBefore, vertical.padAfter],
    [horizontal.padBefore, horizontal.padAfter],
    [0, 0],
  ],
  dataFormat: 'NHWC',
  dimRoundingMode: 'floor',
});
