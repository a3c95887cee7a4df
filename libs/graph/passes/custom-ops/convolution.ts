import type { GraphNode } from '../../core/index.js';
import { spatial, windowOf, type Window } from './window.js';

/** Channels that a custom kernel computes at a time; activations and filters have a multiple of them. */
export const LANES = 16;

/** A convolution as all its three ops see it. */
export interface Convolution {
  /** Shape of its input, [batch, height, width, channel]. */
  readonly input: readonly number[];
  /** Shape of its filter, [height, width, in, out]. */
  readonly filter: readonly number[];
  /** Shape of its output, [batch, height, width, channel]. */
  readonly output: readonly number[];
  readonly window: Window;
}

/** Shapes of input, filter and output by the type of the op. */
const SHAPES: Readonly<Record<string, (node: GraphNode) => readonly (readonly number[])[]>> = {
  Conv2D: ({ inputs, outputs }) => [inputs[0]!.shape, inputs[1]!.shape, outputs[0]!.shape],
  Conv2DBackpropInput: ({ inputs, outputs }) => [outputs[0]!.shape, inputs[1]!.shape, inputs[2]!.shape],
  Conv2DBackpropFilter: ({ inputs, outputs }) => [inputs[0]!.shape, outputs[0]!.shape, inputs[2]!.shape],
};

/** @returns undefined for what there is no custom op for */
export function convolutionOf(node: GraphNode): Convolution | undefined {
  const shapes = SHAPES[node.type]?.(node);
  if (!shapes) return undefined;
  const [input, filter, output] = shapes as [number[], number[], number[]];
  const [height, width, inChannels, outChannels] = filter as [number, number, number, number];
  // A grouped convolution has more channels in its input than in its filter.
  const fits =
    [inChannels, outChannels].every((channels) => channels > 0 && channels % LANES === 0) && input[3] === inChannels;
  const window = fits ? windowOf(node, spatial(input), [height, width], spatial(output)) : undefined;
  return window && { input, filter, output, window };
}

/** Whether Winograd's method is for it: a 3 × 3 kernel at stride 1, and an output of the input's size. */
export function isWinograd({ input, filter, output, window }: Convolution): boolean {
  const kernelSize = filter.slice(0, 2);
  return (
    [...window.before, ...window.strides].every((each) => each === 1) &&
    kernelSize.every((each) => each === 3) &&
    spatial(input).join() === spatial(output).join()
  );
}
