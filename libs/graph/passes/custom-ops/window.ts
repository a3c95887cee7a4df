import { attr, type Attrs, type Graph, type GraphNode, type Tensor } from '../../core/index.js';
import { constantInts } from '../../gradients/support.js';

/** A number for each spatial axis. */
export type Pair = readonly [vertical: number, horizontal: number];

/** How a convolution goes over its input [batch, height, width, channel]. */
export interface Window {
  readonly strides: Pair;
  /** Zeros before the first pixel. What is after the last one follows from the size of the output. */
  readonly before: Pair;
}

/** Height and width of activations [batch, height, width, channel]. */
export const spatial = (shape: readonly number[]): Pair => [shape[1]!, shape[2]!];

const both = (pair: Pair, also: Pair, combine: (one: number, other: number) => number): Pair => [
  combine(pair[0], also[0]),
  combine(pair[1], also[1]),
];

/**
 * The window of a `Conv2D` or of one of its gradients, by the spatial sizes of its input and output.
 *
 * @returns undefined with dilations, another layout, or a size that is not known
 */
export function windowOf({ attrs }: GraphNode, input: Pair, kernelSize: Pair, output: Pair): Window | undefined {
  const { strides, dilations, padding, data_format } = attrs;
  const known = [...input, ...kernelSize, ...output].every((size) => size > 0);
  const isOnes = Array.isArray(dilations?.value) && dilations.value.every((step) => step === 1);
  if (!known || !isOnes || data_format?.value !== 'NHWC' || !Array.isArray(strides?.value)) return undefined;
  const steps = spatial(strides.value as number[]);
  if (padding?.value === 'VALID') return { strides: steps, before: [0, 0] };
  if (padding?.value !== 'SAME') return undefined;
  // TensorFlow's SAME: as many zeros as the last window needs, the odd one behind.
  const reach = both(
    both(output, steps, (size, step) => (size - 1) * step),
    kernelSize,
    (last, width) => last + width,
  );
  return { strides: steps, before: both(reach, input, (end, size) => Math.floor(Math.max(0, end - size) / 2)) };
}

/** The zeros that a `Pad` puts before rows and columns, when it does nothing else; else undefined. */
export function paddingBefore(graph: Graph, { node }: Tensor): Pair | undefined {
  const { type, inputs } = graph.node(node);
  if (type !== 'Pad' || inputs[0]!.shape.length !== 4) return undefined;
  const [batchBefore, batchAfter, top, , left, , channelsBefore, channelsAfter] = constantInts(graph, inputs[1]!);
  return batchBefore === 0 && batchAfter === 0 && channelsBefore === 0 && channelsAfter === 0
    ? [top!, left!]
    : undefined;
}

/** What a `Slice` cuts off before rows and columns; undefined where it cuts off others too. */
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

/** A window as attributes of an op, with what else the op must be told. */
export const windowAttrs = ({ strides, before }: Window, others: Readonly<Record<string, Pair>>): Attrs =>
  Object.fromEntries(
    Object.entries({ strides, pad_before: before, ...others }).map(([name, pair]) => [name, attr.ints(pair)]),
  );

/** The same window over an input without the padding that was put before it. */
export const withPadding = ({ strides, before }: Window, padding: Pair): Window => ({
  strides,
  before: both(before, padding, (own, more) => own + more),
});
