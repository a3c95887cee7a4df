import { attr, type Graph, type GraphNode, type Tensor, type TensorSpec } from '../core/index.js';
import type { Rewrite } from './lowering.js';
import type { Program } from '../program/program.js';
import { rewriteProgram, Uses } from './rewrite-program.js';
import { cutBefore, movedBy, paddingBefore, spatial, windowAttrs, windowOf, type Pair, type Window } from './window.js';

/** Channels that the kernels compute at a time; images and filters have a multiple of them. */
export const LANES = 16;

/** A norm of training by our own kernels; see own-norms.ts. */
export const OWN_NORM = 'SulcusFusedBatchNorm';

/** A convolution as all its three ops see it: shapes of x, filter and y, and the window. */
interface Convolution {
  readonly images: readonly number[];
  readonly filter: readonly number[];
  readonly results: readonly number[];
  readonly window: Window;
}

/** Shapes of x, filter and y by the type of the op. */
const SHAPES: Readonly<Record<string, (node: GraphNode) => readonly (readonly number[])[]>> = {
  Conv2D: ({ inputs, outputs }) => [inputs[0]!.shape, inputs[1]!.shape, outputs[0]!.shape],
  Conv2DBackpropInput: ({ inputs, outputs }) => [outputs[0]!.shape, inputs[1]!.shape, inputs[2]!.shape],
  Conv2DBackpropFilter: ({ inputs, outputs }) => [inputs[0]!.shape, outputs[0]!.shape, inputs[2]!.shape],
};

/** @returns undefined for what the kernels are not made for */
function convolutionOf(node: GraphNode): Convolution | undefined {
  const shapes = SHAPES[node.type]?.(node);
  if (!shapes) return undefined;
  const [images, filter, results] = shapes as [number[], number[], number[]];
  const [height, width, inChannels, outChannels] = filter as [number, number, number, number];
  // A grouped convolution has more channels in its images than in its filter.
  const fits =
    [inChannels, outChannels].every((channels) => channels > 0 && channels % LANES === 0) && images[3] === inChannels;
  const window = fits ? windowOf(node, spatial(images), [height, width], spatial(results)) : undefined;
  return window && { images, filter, results, window };
}

/** Whether Winograd's method is for it: 3 × 3 taps at stride 1, and results of the size of the images. */
function isPlain({ images, filter, results, window }: Convolution): boolean {
  const [before, strides, taps] = [window.before, window.strides, filter.slice(0, 2)];
  return (
    [...before, ...strides].every((each) => each === 1) &&
    taps.every((each) => each === 3) &&
    spatial(images).join() === spatial(results).join()
  );
}

/**
 * Device-specific form of a program: convolutions and their gradients, in the given element types, by the project's own
 * kernels (libs/engine/native/kernels). 3 × 3 taps at stride 1 go by Winograd's method, with the bias and the rectifier behind
 * them; it multiplies a quarter as often. Others take in the padding before them, and compute the statistics for the norm
 * behind them while they have its input in registers. Results differ by rounding.
 */
export function useOwnConvolutions(program: Program, elementTypes: readonly string[]): Program {
  if (elementTypes.length === 0) return program;
  const { graph } = program;
  const uses = new Uses(program);
  const own = (node: GraphNode): Convolution | undefined =>
    elementTypes.includes(node.outputs[0]?.dtype ?? '') ? convolutionOf(node) : undefined;
  const plain = (node: GraphNode): boolean => {
    const convolution = own(node);
    return convolution !== undefined && isPlain(convolution);
  };
  // The biased convolutions that end in a rectifier, by the name of the rectifier.
  const rectified = new Map<string, Tensor>();
  // What the convolutions before a norm of training tell of their results besides, by their name: mean and variance.
  const statistics = new Map<string, readonly Tensor[]>();
  const normed = new Set(graph.nodes.filter(({ type }) => type === OWN_NORM).map(({ inputs }) => inputs[0]!.node));

  const emitPlain = (g: Graph, node: GraphNode, inputs: readonly Tensor[], isRectified = false): readonly Tensor[] =>
    g.op(
      'SulcusWinogradConv2D',
      inputs,
      { T: node.attrs['T']!, fused_relu: attr.bool(isRectified), num_biases: attr.int(inputs.length - 2) },
      node.outputs,
      { name: node.name },
    );

  /** Convolution, bias and perhaps rectifier as one: the bias is there when it is added, so the op takes that place. */
  const emitBiased = (g: Graph, node: GraphNode, [y, bias]: readonly Tensor[]): readonly Tensor[] | undefined => {
    const convolution = graph.node(node.inputs[0]!.node);
    if (convolution.type !== 'Conv2D' || !plain(convolution) || !uses.isOnlyFor(convolution)) return undefined;
    const rectifier = uses.onlyReader(node, 'Relu');
    const outputs = emitPlain(g, node, [...g.node(y!.node).inputs, bias!], rectifier !== undefined);
    if (rectifier !== undefined) rectified.set(rectifier.name, outputs[0]!);
    return outputs;
  };

  /** What is behind a padding, with the window that takes its zeros into account. */
  const unpadded = (g: Graph, x: Tensor, moved: Tensor, window: Window): { x: Tensor; window: Window } => {
    const before = paddingBefore(graph, x);
    return before ? { x: g.node(moved.node).inputs[0]!, window: movedBy(window, before) } : { x: moved, window };
  };

  const emit = (
    g: Graph,
    node: GraphNode,
    type: string,
    inputs: readonly Tensor[],
    window: Window,
    others: Readonly<Record<string, Pair>>,
    outputs = node.outputs,
  ): readonly Tensor[] =>
    g.op(type, inputs, { T: attr.type(outputs[0]!.dtype), ...windowAttrs(window, others) }, outputs, {
      name: node.name,
    });

  const emitForward = (g: Graph, node: GraphNode, inputs: readonly Tensor[]): readonly Tensor[] | undefined => {
    const convolution = own(node);
    if (!convolution) return undefined;
    if (isPlain(convolution)) return emitPlain(g, node, inputs);
    const { x, window } = unpadded(g, node.inputs[0]!, inputs[0]!, convolution.window);
    const [y] = node.outputs as [TensorSpec];
    const ofChannels: TensorSpec = { dtype: 'float32', shape: [y.shape[3]!] };
    if (!normed.has(node.name))
      return emit(g, node, 'SulcusConv2D', [x, inputs[1]!], window, { output_size: spatial(convolution.results) });
    const [result, ...known] = emit(
      g,
      node,
      'SulcusConv2DWithMoments',
      [x, inputs[1]!],
      window,
      { output_size: spatial(convolution.results) },
      [y, ofChannels, ofChannels],
    );
    statistics.set(node.name, known);
    return [result!];
  };

  /** A norm of training that need not compute the statistics of what it is given. */
  const emitNorm = (g: Graph, node: GraphNode, inputs: readonly Tensor[]): readonly Tensor[] | undefined => {
    const known = statistics.get(node.inputs[0]!.node);
    return (
      known &&
      g.op(node.type, [...inputs, ...known], { ...node.attrs, num_moments: attr.int(known.length) }, node.outputs, {
        name: node.name,
      })
    );
  };

  const emitBackToInput = (
    g: Graph,
    node: GraphNode,
    [, filter, dy]: readonly Tensor[],
  ): readonly Tensor[] | undefined => {
    const convolution = own(node);
    if (!convolution) return undefined;
    if (isPlain(convolution))
      return g.op('SulcusWinogradConv2DBackpropInput', [filter!, dy!], { T: node.attrs['T']! }, node.outputs, {
        name: node.name,
      });
    return emit(g, node, 'SulcusConv2DBackpropInput', [filter!, dy!], convolution.window, {
      input_size: spatial(convolution.images),
    });
  };

  /** The slope at what was padded, without the padding's. */
  const emitUnpadded = (g: Graph, node: GraphNode, [dx]: readonly Tensor[]): readonly Tensor[] | undefined => {
    const gradient = graph.node(node.inputs[0]!.node);
    const convolution = gradient.type === 'Conv2DBackpropInput' && uses.isOnlyFor(gradient) ? own(gradient) : undefined;
    const before = convolution && !isPlain(convolution) ? cutBefore(graph, node) : undefined;
    if (!convolution || !before) return undefined;
    return emit(g, node, 'SulcusConv2DBackpropInput', g.node(dx!.node).inputs, movedBy(convolution.window, before), {
      input_size: spatial(node.outputs[0]!.shape),
    });
  };

  const emitBackToFilter = (
    g: Graph,
    node: GraphNode,
    [images, , dy]: readonly Tensor[],
  ): readonly Tensor[] | undefined => {
    const convolution = own(node);
    if (!convolution) return undefined;
    if (isPlain(convolution))
      return g.op('SulcusWinogradConv2DBackpropFilter', [images!, dy!], { T: node.attrs['T']! }, node.outputs, {
        name: node.name,
      });
    const { x, window } = unpadded(g, node.inputs[0]!, images!, convolution.window);
    return emit(g, node, 'SulcusConv2DBackpropFilter', [x, dy!], window, {
      kernel_size: [convolution.filter[0]!, convolution.filter[1]!],
    });
  };

  const rewrite: Rewrite = (g, node, inputs) => {
    switch (node.type) {
      case 'Conv2D':
        return emitForward(g, node, inputs);
      case OWN_NORM:
        return emitNorm(g, node, inputs);
      case 'BiasAdd':
        return emitBiased(g, node, inputs);
      case 'Relu':
        return rectified.has(node.name) ? [rectified.get(node.name)!] : undefined;
      case 'Conv2DBackpropInput':
        return emitBackToInput(g, node, inputs);
      case 'Slice':
        return emitUnpadded(g, node, inputs);
      case 'Conv2DBackpropFilter':
        return emitBackToFilter(g, node, inputs);
      default:
        return undefined;
    }
  };
  // The second pass drops what was fused.
  return rewriteProgram(rewriteProgram(program, [rewrite]), []);
}
