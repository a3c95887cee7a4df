import type { Attrs, Graph, GraphNode, Tensor } from '../core/index.js';
import { attr } from '../core/index.js';
import { constantInts } from '../gradients/support.js';

/** A number for each axis of an image. */
export type Pair = readonly [vertical: number, horizontal: number];

/** How a convolution goes over images [batch, height, width, channels]. */
export interface Window {
  readonly strides: Pair;
  /** Zeros before the first pixel. What is after the last one follows from the size of the result. */
  readonly before: Pair;
}

export const spatial = (shape: readonly number[]): Pair => [shape[1]!, shape[2]!];

const both = (pair: Pair, also: Pair, combine: (one: number, other: number) => number): Pair => [
  combine(pair[0], also[0]),
  combine(pair[1], also[1]),
];

/**
 * The window of a `Conv2D` or of one of its gradients, from images of this size to results of that one.
 *
 * @returns undefined with dilated taps, another layout, or a size that is not known
 */
export function windowOf({ attrs }: GraphNode, images: Pair, taps: Pair, results: Pair): Window | undefined {
  const { strides, dilations, padding, data_format } = attrs;
  const known = [...images, ...taps, ...results].every((size) => size > 0);
  const isOnes = Array.isArray(dilations?.value) && dilations.value.every((step) => step === 1);
  if (!known || !isOnes || data_format?.value !== 'NHWC' || !Array.isArray(strides?.value)) return undefined;
  const steps = spatial(strides.value as number[]);
  if (padding?.value === 'VALID') return { strides: steps, before: [0, 0] };
  if (padding?.value !== 'SAME') return undefined;
  // TensorFlow's SAME: as many zeros as the last window needs, the odd one behind.
  const reach = both(
    both(results, steps, (size, step) => (size - 1) * step),
    taps,
    (last, width) => last + width,
  );
  return { strides: steps, before: both(reach, images, (end, size) => Math.floor(Math.max(0, end - size) / 2)) };
}

/** The zeros that a `Pad` puts before the rows and columns of images, when it does nothing else; else undefined. */
export function paddingBefore(graph: Graph, { node }: Tensor): Pair | undefined {
  const { type, inputs } = graph.node(node);
  if (type !== 'Pad' || inputs[0]!.shape.length !== 4) return undefined;
  const [batchBefore, batchAfter, top, , left, , channelsBefore, channelsAfter] = constantInts(graph, inputs[1]!);
  return batchBefore === 0 && batchAfter === 0 && channelsBefore === 0 && channelsAfter === 0
    ? [top!, left!]
    : undefined;
}

/** What a `Slice` cuts off before the rows and columns of images; undefined where it cuts off others too. */
export function cutBefore(graph: Graph, node: GraphNode): Pair | undefined {
  const [from] = node.inputs as [Tensor];
  const begin = constantInts(graph, node.inputs[1]!);
  const isSpatial =
    from.shape.length === 4 &&
    begin[0] === 0 &&
    begin[3] === 0 &&
    from.shape[3] === node.outputs[0]!.shape[3] &&
    from.shape[0] === node.outputs[0]!.shape[0];
  return isSpatial ? [begin[1]!, begin[2]!] : undefined;
}

/** A window as attributes, with what else the op must be told. */
export const windowAttrs = ({ strides, before }: Window, others: Readonly<Record<string, Pair>>): Attrs =>
  Object.fromEntries(
    Object.entries({ strides, pad_before: before, ...others }).map(([name, pair]) => [name, attr.ints(pair)]),
  );

export const movedBy = ({ strides, before }: Window, padding: Pair): Window => ({
  strides,
  before: both(before, padding, (own, more) => own + more),
});
