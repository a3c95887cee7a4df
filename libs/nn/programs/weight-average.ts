import { add, assignVariable, mul, sub, type Graph, type Signature } from '#libs/graph';
import { graphShape } from '../layers/network-builder.js';
import type { ParameterInfo } from '../layers/parameter.js';
import { readSignature, writeSignature, type StateVariable } from './state-signatures.js';

/** What the average keeps of itself in a step, in [0, 1]: fed to `averageWeights`. */
export const AVERAGE_DECAY = 'averageDecay';

/**
 * Signatures of an exponential moving average of weights and running statistics, kept in variables of its own:
 *
 *     average ← average + (1 − averageDecay) · (weight − average)
 *
 * Averaged weights answer better than the last ones where the learning rate stays as it is: Polyak & Juditsky 1992,
 * "Acceleration of stochastic approximation by averaging", SIAM J. Control Optim. 30; the form is that of TensorFlow's
 * `ExponentialMovingAverage`.
 */
export function averageSignatures(
  graph: Graph,
  parameters: readonly (StateVariable & ParameterInfo)[],
): Record<'averageWeights' | 'readAverage' | 'writeAverage', Signature> {
  return graph.withScope('average', () => {
    const averages = parameters.map((parameter) => ({
      ...parameter,
      variable: graph.variable(`${parameter.name}.average`, graphShape(parameter)),
    }));
    const decay = graph.placeholder(AVERAGE_DECAY, 'float32', []);
    const share = sub(graph, graph.constant(1), decay);
    const targets = averages.map(({ variable }, index) => {
      const before = variable.read();
      const difference = sub(graph, parameters[index]!.variable.read(), before);
      return assignVariable(graph, variable, add(graph, before, mul(graph, difference, share)));
    });
    return {
      averageWeights: { inputs: { [AVERAGE_DECAY]: decay }, outputs: {}, targets },
      readAverage: readSignature(graph, averages),
      writeAverage: writeSignature(graph, averages),
    };
  });
}

/**
 * The decay of a step's average: the wanted one, less in the first steps, so that the weights of the beginning do not
 * stay in it. As TensorFlow's `num_updates`.
 *
 * @param step number of the step, from 1
 */
export const decayOfStep = (decay: number, step: number): number => Math.min(decay, (1 + step) / (10 + step));
