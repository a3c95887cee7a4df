import { softmax } from '#libs/graph';
import {
  classActivationSignature,
  describeExplanation,
  type ExplanationInfo,
} from '../explanations/class-activation.js';
import type { NetworkConfig } from '../network-config.js';
import { NetworkGraph } from './network-graph.js';
import type { NetworkProgram } from './network-program.js';
import { writeSignature } from './state-signatures.js';

/** What a prediction program can do beside predicting. */
export interface InferenceOptions {
  /**
   * Heat maps of the image regions that speak for a class. Until the first one is asked for they cost neither time nor
   * memory. Default false.
   */
  readonly explanations?: boolean;
}

/** A prediction program, and what its heat maps are like if it makes any. */
export interface InferenceProgram extends NetworkProgram {
  readonly explanation: ExplanationInfo | undefined;
}

/**
 * Builds prediction with a network as one program. Signatures:
 * `predict` feeds pixels (uint8 [n, height, width, channels]) and fetches `logits` and `probabilities` (float32 [n,
 * classes]); `writeWeights` feeds every parameter, so that a new version needs no new graph;
 * `explain`, when asked for, feeds pixels and classes and fetches `heatMaps` (see {@link classActivationSignature}).
 * @throws NOT_FOUND for an unknown architecture, INVALID_ARGUMENT for a configuration that cannot be built
 */
export function buildInferenceProgram(
  config: NetworkConfig,
  { explanations = false }: InferenceOptions = {},
): InferenceProgram {
  const networkGraph = new NetworkGraph(config);
  const { graph, parameters, pixels } = networkGraph;
  const forward = networkGraph.forward({ training: false });
  const { classLogits: logits } = forward;
  const weights = parameters.all.map(({ info, variable }) => ({ ...info, variable }));
  const program = {
    graph,
    signatures: {
      predict: { inputs: { pixels }, outputs: { logits, probabilities: softmax(graph, logits) } },
      ...(explanations && { explain: classActivationSignature(graph, pixels, forward) }),
      writeWeights: writeSignature(graph, weights),
    },
  };
  const explanation = explanations ? describeExplanation(graph, pixels, forward) : undefined;
  return { program, parameters: parameters.all.map(({ info }) => info), slots: [], explanation };
}
