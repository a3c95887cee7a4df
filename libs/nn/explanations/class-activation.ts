import { cast, gradients, mul, oneHot, sum, type Signature, type Graph, type Tensor } from '#libs/graph';
import type { Forward } from '../programs/network-graph.js';
import { featureGrid, type FeatureGrid } from './feature-grid.js';

/**
 * How a heat map was made. `cam`: the head is linear in the channels' means, and the map is its exact decomposition
 * (Zhou et al. 2015, https://arxiv.org/abs/1512.04150). `grad-cam`: channels are weighted by the class's gradient
 * (Selvaraju et al. 2016, https://arxiv.org/abs/1610.02391), a first-order account.
 */
export type ExplanationMethod = 'cam' | 'grad-cam';

/** What is known of a network's heat maps before any is made. */
export interface ExplanationInfo {
  readonly method: ExplanationMethod;
  /** Size of the last feature map, hence of the heat maps. */
  readonly height: number;
  readonly width: number;
  readonly grid: FeatureGrid;
}

/**
 * Emits the class activation maps of a network in inference mode. Feeds pixels and `classes` (int32 [n]), fetches
 * `heatMaps` (float32 [n, h, w]): Σ over channels of feature · (Σ over positions of ∂logit/∂feature). With a head that
 * is linear in the channels' means, these weights are the classifier's own, and the mean of a map plus the class's bias
 * is the class's logit; for other heads it is Grad-CAM's map before its ReLU, times the number of positions.
 *
 * Only the head is differentiated, so the convolutions stay what they are for prediction, frozen and fused.
 */
export function classActivationSignature(graph: Graph, pixels: Tensor, { features, classLogits }: Forward): Signature {
  return graph.withScope('explain', () => {
    const classes = graph.placeholder('classes', 'int32', [-1]);
    const score = sum(graph, mul(graph, classLogits, oneHot(graph, classes, classLogits.shape[1]!)));
    const [gradient] = gradients(graph, score, [features]);
    const weights = sum(graph, cast(graph, gradient!, 'float32'), [1, 2], true);
    const heatMaps = sum(graph, mul(graph, cast(graph, features, 'float32'), weights), [3]);
    return { inputs: { pixels, classes }, outputs: { heatMaps } };
  });
}

export function describeExplanation(graph: Graph, pixels: Tensor, { features, classLogits }: Forward): ExplanationInfo {
  const [, height, width] = features.shape as [number, number, number];
  return {
    method: isLinearInMeans(graph, features, classLogits) ? 'cam' : 'grad-cam',
    height,
    width,
    grid: featureGrid(graph, pixels, features),
  };
}

const AFFINE_OPS = new Set(['Cast', 'MatMul', 'BiasAdd', 'Slice']);

/** Whether logits are made from features by a mean over positions and affine maps alone. */
function isLinearInMeans(graph: Graph, features: Tensor, logits: Tensor): boolean {
  let means = 0;
  for (let node = graph.node(logits.node); node.name !== features.node; node = graph.node(node.inputs[0]!.node)) {
    if (node.type === 'Mean') means++;
    else if (!AFFINE_OPS.has(node.type)) return false;
  }
  return means === 1;
}
