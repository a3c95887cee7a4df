import type { Graph, GraphNode, Tensor } from '#libs/graph';
import type { ParameterInfo } from './layers/parameter.js';
import type { NetworkConfig } from './network-config.js';
import { NetworkGraph } from './programs/network-graph.js';
import { elementCount } from './state/network-state.js';

/** A layer that computes, in the order of the computation. */
export interface LayerSummary {
  /** The layer's part of its parameters' names; empty for a pool, which has none. */
  readonly name: string;
  readonly kind: 'convolution' | 'depthwise' | 'batch norm' | 'linear' | 'max pool' | 'average pool';
  /** Per image: [height, width, channels] or [features]. */
  readonly outputShape: readonly number[];
  /** Trainable values. */
  readonly parameters: number;
  /** Multiplications with an addition each, per image; batch norm and pools count as 0, as is usual. */
  readonly multiplyAdds: number;
}

export interface NetworkSummary {
  readonly layers: readonly LayerSummary[];
  /** Trainable values of the whole network. */
  readonly parameters: number;
  /** Per image. */
  readonly multiplyAdds: number;
}

const KINDS: Readonly<Record<string, LayerSummary['kind']>> = {
  Conv2D: 'convolution',
  DepthwiseConv2dNative: 'depthwise',
  FusedBatchNormV3: 'batch norm',
  MatMul: 'linear',
  MaxPool: 'max pool',
  AvgPool: 'average pool',
};

/**
 * Describes a network layer by layer, as its graph for prediction says.
 * @throws NOT_FOUND for an unknown architecture, INVALID_ARGUMENT for a configuration that cannot be built
 */
export function summariseNetwork(config: NetworkConfig): NetworkSummary {
  const networkGraph = new NetworkGraph(config);
  networkGraph.forward({ training: false });
  const infos = networkGraph.parameters.all.map(({ info }) => info);
  const layers = networkGraph.graph.nodes.flatMap((node) => summariseNode(networkGraph.graph, node, infos));
  return {
    layers,
    parameters: infos.reduce((sum, info) => sum + trainableCount(info), 0),
    multiplyAdds: layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0),
  };
}

const trainableCount = ({ trainable, shape }: ParameterInfo): number => (trainable ? elementCount(shape) : 0);

function summariseNode(graph: Graph, node: GraphNode, infos: readonly ParameterInfo[]): LayerSummary[] {
  const kind = KINDS[node.type];
  if (!kind) return [];
  const outputShape = node.outputs[0]!.shape.slice(1);
  if (kind === 'max pool' || kind === 'average pool')
    return [{ name: '', kind, outputShape, parameters: 0, multiplyAdds: 0 }];
  const weights = node.inputs[1]!;
  const parameter = parameterBehind(graph, weights);
  // A product with a constant matrix is how an adaptive pool is computed, no layer of its own.
  if (parameter === undefined) return [];
  const name = parameter.slice(0, parameter.lastIndexOf('.'));
  const parameters = infos
    .filter((info) => info.name.slice(0, info.name.lastIndexOf('.')) === name)
    .reduce((sum, info) => sum + trainableCount(info), 0);
  const positions = kind === 'linear' ? 1 : outputShape[0]! * outputShape[1]!;
  return [
    {
      name,
      kind,
      outputShape,
      parameters,
      multiplyAdds: kind === 'batch norm' ? 0 : positions * elementCount(weights.shape),
    },
  ];
}

/** The name of the variable that a tensor is the value of, in whatever type. */
function parameterBehind(graph: Graph, tensor: Tensor): string | undefined {
  const node = graph.node(tensor.node);
  if (node.type === 'VarHandleOp') return node.name;
  return node.type === 'Cast' || node.type === 'ReadVariableOp' ? parameterBehind(graph, node.inputs[0]!) : undefined;
}
