import { attr, type Graph, type GraphNode, type Tensor } from '../graph/index.js';
import type { Rewrite } from './lowering.js';
import type { Program } from './program.js';
import { rewriteProgram, Uses } from './rewrite-program.js';

/** Channels that the kernels compute at a time; images and filters have a multiple of them. */
export const LANES = 16;

const isOnes = (value: unknown): boolean => Array.isArray(value) && value.every((size) => size === 1);

/** Whether a convolution, or a gradient of one, has 3 × 3 taps, strides of 1, and a result of the size of its input. */
function isPlain(node: GraphNode, filter: readonly number[]): boolean {
  const { strides, dilations, padding, data_format } = node.attrs;
  const [height, width, inChannels, outChannels] = filter as [number, number, number, number];
  const sameSize = isOnes(strides?.value) && isOnes(dilations?.value) && padding?.value === 'SAME' && data_format?.value === 'NHWC';
  return sameSize && height === 3 && width === 3 && inChannels % LANES === 0 && outChannels % LANES === 0;
}

/**
 * Device-specific form of a program: convolutions of 3 × 3 taps, with the bias and the rectifier behind them, and their
 * gradients, in the given element types, by the project's own kernels (libs/engine/kernels). They multiply a quarter as
 * often as oneDNN's; results differ by rounding.
 */
export function useWinograd(program: Program, elementTypes: readonly string[]): Program {
  if (elementTypes.length === 0) return program;
  const { graph } = program;
  const uses = new Uses(program);
  const typeFits = (node: GraphNode): boolean => elementTypes.includes(node.outputs[0]?.dtype ?? '');
  const isConvolution = (node: GraphNode): boolean => node.type === 'Conv2D' && typeFits(node) && isPlain(node, node.inputs[1]!.shape);
  // The biased convolutions that end in a rectifier, by the name of the rectifier.
  const rectified = new Map<string, Tensor>();

  const emit = (g: Graph, node: GraphNode, inputs: readonly Tensor[], isRectified = false): readonly Tensor[] =>
    g.op('WinogradConv2D', inputs, { T: node.attrs['T']!, rectified: attr.bool(isRectified), num_biases: attr.int(inputs.length - 2) }, node.outputs, { name: node.name });

  /** Convolution, bias and perhaps rectifier as one: the bias is there when it is added, so the op takes that place. */
  const emitBiased = (g: Graph, node: GraphNode, [y, bias]: readonly Tensor[]): readonly Tensor[] | undefined => {
    const convolution = graph.node(node.inputs[0]!.node);
    if (!isConvolution(convolution) || !uses.isOnlyFor(convolution)) return undefined;
    const rectifier = uses.onlyReader(node, 'Relu');
    const outputs = emit(g, node, [...g.node(y!.node).inputs, bias!], rectifier !== undefined);
    if (rectifier !== undefined) rectified.set(rectifier.name, outputs[0]!);
    return outputs;
  };

  const rewrite: Rewrite = (g, node, inputs) => {
    switch (node.type) {
      case 'Conv2D':
        return isConvolution(node) ? emit(g, node, inputs) : undefined;
      case 'BiasAdd':
        return emitBiased(g, node, inputs);
      case 'Relu':
        return rectified.has(node.name) ? [rectified.get(node.name)!] : undefined;
      case 'Conv2DBackpropInput':
        return typeFits(node) && isPlain(node, inputs[1]!.shape) ? g.op('WinogradConv2DBackpropInput', inputs.slice(1), { T: node.attrs['T']! }, node.outputs, { name: node.name }) : undefined;
      case 'Conv2DBackpropFilter':
        return typeFits(node) && isPlain(node, node.outputs[0]!.shape) ? g.op('WinogradConv2DBackpropFilter', [inputs[0]!, inputs[2]!], { T: node.attrs['T']! }, node.outputs, { name: node.name }) : undefined;
      default:
        return undefined;
    }
  };
  // The second pass drops what was fused.
  return rewriteProgram(rewriteProgram(program, [rewrite]), []);
}
