import { attr, type Attrs, type Graph, type GraphNode, type Tensor } from '../../core/index.js';
import { constantInts } from '../../gradients/support.js';
import type { Rewrite } from '../rewrite-graph.js';
import type { Program } from '../../program/program.js';
import { rewriteProgram, Uses } from '../rewrite-program.js';

/** A convolution with what directly follows it, found in the graph from the last op backwards. */
interface Chain {
  readonly convolution: GraphNode;
  readonly bias: Tensor;
  readonly summand?: Tensor;
  readonly activation?: string;
}

const ACTIVATIONS = new Set(['Relu', 'Relu6']);

/**
 * Device-specific rewrite of a frozen program for CPUs with oneDNN: padding + convolution + bias + addition +
 * activation as one `_MklNativeFusedConv2D`. TensorFlow's own optimiser fuses no addition, and an element-wise op on
 * bfloat16 costs about as much as a convolution. The op is what that optimiser names too; it takes explicit padding,
 * which `Conv2D` in bfloat16 must not have.
 */
export function fuseConvolutions(program: Program): Program {
  const { graph } = program;
  const isConstant = (tensor: Tensor): boolean => graph.node(tensor.node).type === 'Const';
  if (!graph.nodes.some((node) => node.type === 'Conv2D' && isConstant(node.inputs[1]!))) return program;
  const uses = new Uses(program);
  /** The node that makes a value for one user only; else undefined. */
  const maker = (tensor: Tensor, type: string): GraphNode | undefined => {
    const node = graph.node(tensor.node);
    return node.type === type && uses.isOnlyFor(node) ? node : undefined;
  };

  const withBias = (node: GraphNode): Chain | undefined => {
    if (node.type !== 'BiasAdd') return undefined;
    const convolution = maker(node.inputs[0]!, 'Conv2D');
    return convolution && isConstant(convolution.inputs[1]!) && isConstant(node.inputs[1]!)
      ? { convolution, bias: node.inputs[1]! }
      : undefined;
  };
  const withSum = (node: GraphNode): Chain | undefined => {
    if (node.type !== 'AddV2') return withBias(node);
    const [left, right] = node.inputs as [Tensor, Tensor];
    if (left.shape.join() !== right.shape.join()) return undefined; // it would broadcast
    for (const [one, other] of [
      [left, right],
      [right, left],
    ] as const) {
      const biased = maker(one, 'BiasAdd');
      const chain = biased && withBias(biased);
      if (chain) return { ...chain, summand: other };
    }
    return undefined;
  };
  const chainOf = (node: GraphNode): Chain | undefined => {
    if (!ACTIVATIONS.has(node.type)) return withSum(node);
    const before = maker(node.inputs[0]!, 'AddV2') ?? maker(node.inputs[0]!, 'BiasAdd');
    const chain = before && withSum(before);
    return chain && { ...chain, activation: node.type };
  };

  // What the fused op needs was rebuilt before it, because nodes are in topological order; `moved` finds it.
  const rebuilt = new Map<string, readonly Tensor[]>();
  const moved = ({ node, output }: Tensor): Tensor => rebuilt.get(node)![output]!;
  const fuse: Rewrite = (g, node, inputs) => {
    const chain = chainOf(node);
    const outputs = chain
      ? [emitFused(g, graph, chain, node, moved)]
      : g.op(node.type, inputs, node.attrs, node.outputs, { name: node.name });
    rebuilt.set(node.name, outputs);
    return outputs;
  };
  // The second pass drops the parts that were fused.
  return rewriteProgram(rewriteProgram(program, [fuse]), []);
}

function emitFused(
  g: Graph,
  source: Graph,
  { convolution, bias, summand, activation }: Chain,
  last: GraphNode,
  moved: (tensor: Tensor) => Tensor,
): Tensor {
  const { x, padding } = inputOf(source, convolution);
  const args = [bias, ...(summand ? [summand] : [])].map(moved);
  const { T, strides, dilations, data_format } = convolution.attrs as Record<string, Attrs[string]>;
  const attrs: Attrs = {
    T: T!,
    TArgs: attr.types(args.map(({ dtype }) => dtype)),
    num_args: attr.int(args.length),
    num_host_args: attr.int(0),
    strides: strides!,
    dilations: dilations!,
    data_format: data_format!,
    ...padding,
    filter_format: attr.string('HWIO'),
    use_cudnn_on_gpu: attr.bool(false),
    fused_ops: attr.strings([
      'BiasAdd',
      ...(summand ? ['Add'] : []),
      ...(activation === undefined ? [] : [activation]),
    ]),
    is_filter_const: attr.bool(true),
    epsilon: attr.float(0),
    leakyrelu_alpha: attr.float(0.2),
    _kernel: attr.string('MklNameChangeOp'),
  };
  return g.op('_MklNativeFusedConv2D', [moved(x), moved(convolution.inputs[1]!), ...args], attrs, last.outputs, {
    name: `${last.name}/fused`,
  })[0]!;
}

/** What the convolution reads: behind a padding with zeros, what was padded. */
function inputOf(source: Graph, convolution: GraphNode): { x: Tensor; padding: Attrs } {
  const [x] = convolution.inputs as [Tensor];
  const pad = source.node(x.node);
  const own = convolution.attrs['padding']!;
  if (pad.type !== 'Pad' || own.value !== 'VALID')
    return { x, padding: { padding: own, explicit_paddings: attr.ints([]) } };
  return {
    x: pad.inputs[0]!,
    padding: { padding: attr.string('EXPLICIT'), explicit_paddings: attr.ints(constantInts(source, pad.inputs[1]!)) },
  };
}
