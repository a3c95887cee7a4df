import { relu, slice, type Tensor } from '#libs/graph';
import { flatten, linear } from './layers/linear.js';
import type { NetworkBuilder } from './layers/network-builder.js';
import { glorotUniform, zeros } from './layers/parameter.js';
import { globalAveragePool } from './layers/pooling.js';
import type { ModelDefinition } from './models/index.js';

/** What stands between a network's features and the classes. */
export const HEADS = ['classifier', 'flatten-dense1000-dense', 'gap-dense1000-dense', 'classifier-1000-way'] as const;

/**
 * - `classifier`: the network's own, with as many outputs as there are classes.
 * - `flatten-dense1000-dense`: all features in a row, 1000 hidden with ReLU, classes. Its size follows from the
 *   image's.
 * - `gap-dense1000-dense`: the mean of each feature map, 1000 hidden with ReLU, classes.
 * - `classifier-1000-way`: the network's own with ImageNet's 1000 outputs, of which the first are the classes, as where
 *   the layer was not replaced for transfer learning. Loss and hits are over all 1000 in training and evaluation;
 *   probabilities are over the classes alone.
 */
export type Head = (typeof HEADS)[number];

/** Outputs of an ImageNet classifier. */
export const IMAGENET_CLASSES = 1000;

const HIDDEN_FEATURES = 1000;

export interface HeadOutput {
  /** What loss and hits are computed from: float32 [batch, at least classes]. */
  readonly logits: Tensor;
  /** What probabilities are computed from: float32 [batch, classes]. */
  readonly classLogits: Tensor;
}

/** Emits a head. Its own layers are named head.hidden and head.output and drawn as Keras draws `Dense`. */
export function buildHead(
  network: NetworkBuilder,
  model: ModelDefinition,
  features: Tensor,
  head: Head,
  classes: number,
): HeadOutput {
  switch (head) {
    case 'classifier':
      return same(model.classifier(network, features, classes));
    case 'flatten-dense1000-dense':
      return same(denseHead(network, flatten(network, features), classes));
    case 'gap-dense1000-dense':
      return same(denseHead(network, globalAveragePool(network, features), classes));
    case 'classifier-1000-way': {
      const logits = model.classifier(network, features, IMAGENET_CLASSES);
      return { logits, classLogits: slice(network.graph, logits, [0, 0], [-1, classes]) };
    }
  }
}

const same = (logits: Tensor): HeadOutput => ({ logits, classLogits: logits });

function denseHead(network: NetworkBuilder, features: Tensor, classes: number): Tensor {
  const options = (inFeatures: number, outFeatures: number) => ({
    initialisation: glorotUniform(inFeatures, outFeatures),
    biasInitialisation: zeros,
  });
  const hidden = relu(
    network.graph,
    linear(network, 'head.hidden', features, HIDDEN_FEATURES, options(features.shape[1]!, HIDDEN_FEATURES)),
  );
  return linear(network, 'head.output', hidden, classes, options(HIDDEN_FEATURES, classes));
}
