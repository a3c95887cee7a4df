import { softmax } from '#libs/engine';
import type { NetworkConfig } from '../network-config.js';
import { NetworkGraph } from './network-graph.js';
import type { NetworkProgram } from './network-program.js';
import { writeEntryPoint } from './state-ports.js';

/**
 * Builds prediction with a network as one program. Entry points:
 * `predict` feeds pixels (uint8 [n, height, width, channels]) and fetches `logits` and `probabilities` (float32 [n, classes]);
 * `writeWeights` feeds every parameter, so that a new version needs no new graph.
 * @throws NOT_FOUND for an unknown architecture, INVALID_ARGUMENT for a configuration that cannot be built
 */
export function buildInferenceProgram(config: NetworkConfig): NetworkProgram {
  const networkGraph = new NetworkGraph(config);
  const { graph, parameters, pixels } = networkGraph;
  const { classLogits: logits } = networkGraph.forward({ training: false });
  const weights = parameters.all.map(({ info, variable }) => ({ ...info, variable }));
  const program = {
    graph,
    entryPoints: { predict: { inputs: { pixels }, outputs: { logits, probabilities: softmax(graph, logits) } }, writeWeights: writeEntryPoint(graph, weights) },
  };
  return { program, parameters: parameters.all.map(({ info }) => info), slots: [] };
}
