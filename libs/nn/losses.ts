import { argMax, cast, equal, sparseSoftmaxCrossEntropy, sum, type Graph, type Tensor } from '#libs/engine';

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
