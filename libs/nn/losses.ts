import {
  add,
  argMax,
  cast,
  div,
  equal,
  logSoftmax,
  mean,
  mul,
  neg,
  oneHot,
  sparseSoftmaxCrossEntropy,
  sum,
  type Graph,
  type Tensor,
} from '#libs/graph';
import type { TrainingConfig } from './training-config.js';

export interface ClassificationOutcome {
  /** Cross-entropy of each sample in nats, float32 [batch]. */
  readonly losses: Tensor;
  /** How many samples have their class as the likeliest, int32 scalar. */
  readonly correct: Tensor;
}

/** Compares logits (float32 [batch, classes]) with the true classes (int32 [batch]). */
export function classificationOutcome(graph: Graph, logits: Tensor, labels: Tensor): ClassificationOutcome {
  const hits = equal(graph, argMax(graph, logits), labels);
  return { losses: sparseSoftmaxCrossEntropy(graph, logits, labels), correct: sum(graph, cast(graph, hits, 'int32')) };
}

/** A loss as a quotient: the loss is `sum` / `denominator`. */
export interface LossQuotient {
  /** Summed over the samples, float32 scalar. */
  readonly sum: Tensor;
  /** Summed weights of the samples' classes, float32 scalar; undefined: the number of samples. */
  readonly denominator: Tensor | undefined;
}

/**
 * The loss that training lowers, in its two sums over the samples: torch's `CrossEntropyLoss` with its mean. With class
 * weights w and smoothing ε over C classes it is Σ [(1 − ε)·w_y·(−log p_y) + ε/C·Σ_c w_c·(−log p_c)] / Σ w_y.
 * @param losses the plain cross-entropies of {@link classificationOutcome}
 */
export function trainingLossSum(
  graph: Graph,
  logits: Tensor,
  labels: Tensor,
  losses: Tensor,
  { classWeights, labelSmoothing = 0 }: TrainingConfig,
): LossQuotient {
  if (!classWeights && labelSmoothing === 0) return { sum: sum(graph, losses), denominator: undefined };
  const outputs = logits.shape[1]!;
  // Outputs beyond the classes (of a head that keeps ImageNet's) have no weight of their own.
  const weights = graph.constant(
    Array.from({ length: outputs }, (_, index) => classWeights?.[index] ?? 1),
    'float32',
    [outputs],
  );
  const targets = mul(graph, oneHot(graph, labels, outputs), weights);
  const smoothed = add(graph, mul(graph, targets, 1 - labelSmoothing), mul(graph, weights, labelSmoothing / outputs));
  return {
    sum: neg(graph, sum(graph, mul(graph, logSoftmax(graph, logits), smoothed))),
    denominator: sum(graph, targets),
  };
}

/** The loss that training lowers, a scalar in nats; see {@link trainingLossSum}. */
export function trainingLoss(
  graph: Graph,
  logits: Tensor,
  labels: Tensor,
  losses: Tensor,
  config: TrainingConfig,
): Tensor {
  if (!config.classWeights && (config.labelSmoothing ?? 0) === 0) return mean(graph, losses);
  const { sum: total, denominator } = trainingLossSum(graph, logits, labels, losses, config);
  return div(graph, total, denominator!);
}
