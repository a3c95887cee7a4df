import { attr, type Graph, type GraphNode, type Tensor, type TensorSpec } from '../../core/index.js';
import type { Program } from '../../program/program.js';
import type { Rewrite } from '../rewrite-graph.js';
import { rewriteProgram, Uses } from '../rewrite-program.js';
import { FUSED_BATCH_NORM } from './batch-norms.js';
import { convolutionOf, isWinograd, type Convolution } from './convolution.js';
import { cutBefore, paddingBefore, spatial, windowAttrs, withPadding, type Pair, type Window } from './window.js';

/** An op of the old graph with its inputs in the new one. */
type Emit = (g: Graph, node: GraphNode, inputs: readonly Tensor[]) => readonly Tensor[] | undefined;

/**
 * Device-specific rewrite: convolutions and their gradients, in the given element types, by custom ops
 * (libs/engine/native/kernels). 3 × 3 kernels at stride 1 go by Winograd's method, which multiplies a quarter as often,
 * with the bias and the ReLU behind them fused. Others are matrix products that take in the padding before them, and
 * compute the moments for the batch norm behind them while they have its input in registers. Results differ by
 * rounding.
 */
export function useCustomConvolutions(program: Program, elementTypes: readonly string[]): Program {
  if (elementTypes.length === 0) return program;
  const { graph } = program;
  const uses = new Uses(program);
  const supported = (node: GraphNode): Convolution | undefined =>
    elementTypes.includes(node.outputs[0]?.dtype ?? '') ? convolutionOf(node) : undefined;
  // The outputs of biased convolutions that end in a ReLU, by the name of the ReLU.
  const fusedRelus = new Map<string, Tensor>();
  // Mean and variance that convolutions before a batch norm of training compute of their outputs, by their name.
  const statistics = new Map<string, readonly Tensor[]>();
  const normalised = new Set(
    graph.nodes.filter(({ type }) => type === FUSED_BATCH_NORM).map(({ inputs }) => inputs[0]!.node),
  );

  const emitWinograd = (
    g: Graph,
    node: GraphNode,
    inputs: readonly Tensor[],
    { fusedRelu = false } = {},
  ): readonly Tensor[] =>
    g.op(
      'SulcusWinogradConv2D',
      inputs,
      { T: node.attrs['T']!, fused_relu: attr.bool(fusedRelu), num_biases: attr.int(inputs.length - 2) },
      node.outputs,
      { name: node.name },
    );

  const emitImplicitGemm = (
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

  /** What is behind a padding, with the window that takes its zeros into account. */
  const unpadded = (g: Graph, x: Tensor, moved: Tensor, window: Window): { x: Tensor; window: Window } => {
    const before = paddingBefore(graph, x);
    return before ? { x: g.node(moved.node).inputs[0]!, window: withPadding(window, before) } : { x: moved, window };
  };

  const conv2d: Emit = (g, node, inputs) => {
    const convolution = supported(node);
    if (!convolution) return undefined;
    if (isWinograd(convolution)) return emitWinograd(g, node, inputs);
    const { x, window } = unpadded(g, node.inputs[0]!, inputs[0]!, convolution.window);
    const args = [x, inputs[1]!];
    const size = { output_size: spatial(convolution.output) };
    if (!normalised.has(node.name)) return emitImplicitGemm(g, node, 'SulcusConv2D', args, window, size);
    const [y] = node.outputs as [TensorSpec];
    const perChannel: TensorSpec = { dtype: 'float32', shape: [y.shape[3]!] };
    const outputs = [y, perChannel, perChannel];
    const [result, ...known] = emitImplicitGemm(g, node, 'SulcusConv2DWithMoments', args, window, size, outputs);
    statistics.set(node.name, known);
    return [result!];
  };

  /** Convolution, bias and perhaps ReLU as one: the bias is there when it is added, so the op takes that place. */
  const biasAdd: Emit = (g, node, [y, bias]) => {
    const before = graph.node(node.inputs[0]!.node);
    const convolution = before.type === 'Conv2D' ? supported(before) : undefined;
    if (!convolution || !isWinograd(convolution) || !uses.isOnlyFor(before)) return undefined;
    const relu = uses.onlyReader(node, 'Relu');
    const outputs = emitWinograd(g, node, [...g.node(y!.node).inputs, bias!], { fusedRelu: relu !== undefined });
    if (relu !== undefined) fusedRelus.set(relu.name, outputs[0]!);
    return outputs;
  };

  /** A batch norm of training that need not compute the statistics of its input. */
  const batchNorm: Emit = (g, node, inputs) => {
    const known = statistics.get(node.inputs[0]!.node);
    const attrs = known && { ...node.attrs, num_moments: attr.int(known.length) };
    return attrs && g.op(node.type, [...inputs, ...known], attrs, node.outputs, { name: node.name });
  };

  const backpropInput: Emit = (g, node, [, filter, dy]) => {
    const convolution = supported(node);
    if (!convolution) return undefined;
    if (isWinograd(convolution))
      return g.op('SulcusWinogradConv2DBackpropInput', [filter!, dy!], { T: node.attrs['T']! }, node.outputs, {
        name: node.name,
      });
    const size = { input_size: spatial(convolution.input) };
    return emitImplicitGemm(g, node, 'SulcusConv2DBackpropInput', [filter!, dy!], convolution.window, size);
  };

  /** The gradient of what was padded, computed without that of the padding. */
  const slice: Emit = (g, node, [dx]) => {
    const gradient = graph.node(node.inputs[0]!.node);
    const convolution =
      gradient.type === 'Conv2DBackpropInput' && uses.isOnlyFor(gradient) ? supported(gradient) : undefined;
    const before = convolution && !isWinograd(convolution) ? cutBefore(graph, node) : undefined;
    if (!convolution || !before) return undefined;
    const size = { input_size: spatial(node.outputs[0]!.shape) };
    const window = withPadding(convolution.window, before);
    return emitImplicitGemm(g, node, 'SulcusConv2DBackpropInput', g.node(dx!.node).inputs, window, size);
  };

  const backpropFilter: Emit = (g, node, [input, , dy]) => {
    const convolution = supported(node);
    if (!convolution) return undefined;
    if (isWinograd(convolution))
      return g.op('SulcusWinogradConv2DBackpropFilter', [input!, dy!], { T: node.attrs['T']! }, node.outputs, {
        name: node.name,
      });
    const { x, window } = unpadded(g, node.inputs[0]!, input!, convolution.window);
    const kernelSize: Pair = [convolution.filter[0]!, convolution.filter[1]!];
    return emitImplicitGemm(g, node, 'SulcusConv2DBackpropFilter', [x, dy!], window, { kernel_size: kernelSize });
  };

  const relu: Emit = (_g, node) => (fusedRelus.has(node.name) ? [fusedRelus.get(node.name)!] : undefined);

  const emitters: Readonly<Record<string, Emit>> = {
    Conv2D: conv2d,
    [FUSED_BATCH_NORM]: batchNorm,
    BiasAdd: biasAdd,
    Relu: relu,
    Conv2DBackpropInput: backpropInput,
    Slice: slice,
    Conv2DBackpropFilter: backpropFilter,
  };
  const rewrite: Rewrite = (g, node, inputs) => emitters[node.type]?.(g, node, inputs);
  // The second pass drops what was fused.
  return rewriteProgram(rewriteProgram(program, [rewrite]), []);
}
