import { encodeServingModel, freezeForInference } from '#libs/graph';
import type { NetworkConfig } from './network-config.js';
import { buildInferenceProgram } from './programs/inference-program.js';
import { assertStateFits, type NetworkState } from './state/network-state.js';

/**
 * Writes a network with its weights as the `saved_model.pb` of a SavedModel. Its signature `serving_default` takes
 * `pixels` (uint8 [n, height, width, channels], not normalised: that is the graph's first op) and gives `logits` and
 * `probabilities` (float32 [n, classes]).
 * @throws MODEL_INVALID when the weights do not fit the network, INVALID_ARGUMENT when they are too large for the
 * format
 */
export function encodeSavedModel(config: NetworkConfig, weights: NetworkState): Uint8Array {
  const { program, parameters } = buildInferenceProgram(config);
  assertStateFits(weights, parameters, 'The weights');
  return encodeServingModel(freezeForInference(program, 'writeWeights', weights), 'predict');
}
