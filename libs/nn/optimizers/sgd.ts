import { resourceApplyGradientDescent, resourceApplyMomentum } from '#libs/graph';
import type { Optimizer, OptimizerConfig } from './optimizer.js';

/**
 * Stochastic gradient descent as torch's `SGD` without dampening: buffer ← momentum · buffer + gradient,
 * weight −= learningRate · buffer. Without momentum there is no slot.
 */
export function sgd({ momentum = 0, weightDecay = 0 }: OptimizerConfig): Optimizer {
  const common = {
    scalars: ['learningRate'],
    gradientDecay: weightDecay,
    stepScalars: (_step: number, learningRate: number) => ({ learningRate }),
  };
  if (momentum === 0) {
    return {
      ...common,
      slots: [],
      update: (graph, { variable, gradient }, scalars) =>
        resourceApplyGradientDescent(graph, variable, scalars['learningRate']!, gradient),
    };
  }
  return {
    ...common,
    slots: ['momentum_buffer'],
    update: (graph, { variable, slots, gradient }, scalars) =>
      resourceApplyMomentum(
        graph,
        variable,
        slots['momentum_buffer']!,
        scalars['learningRate']!,
        gradient,
        graph.constant(momentum),
      ),
  };
}
