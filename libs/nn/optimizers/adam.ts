import { assignVariable, mul, resourceApplyAdam } from '#libs/graph';
import type { Optimizer, OptimizerConfig } from './optimizer.js';

/** torch's defaults, which are the paper's. */
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/**
 * Adam (Kingma & Ba 2014, https://arxiv.org/abs/1412.6980) with torch's numbers:
 *
 *     weight −= learningRate · m̂ / (√v̂ + ε),  m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)
 *
 * TensorFlow's op computes weight −= stepSize · m / (√v + ε'), the same when stepSize = learningRate · √(1 − β₂ᵗ) / (1
 * − β₁ᵗ) and ε' = ε · √(1 − β₂ᵗ). Both are computed here in double precision and fed, so the op's own correction is
 * switched off by powers of 0. The betas are rounded to float32 first because the op has only those: 1 − β₂ then
 * differs from torch's by 1.3e-5 in v, and cancels out in v̂.
 */
export function adam({ beta1 = BETA1, beta2 = BETA2, epsilon = EPSILON, weightDecay = 0 }: OptimizerConfig): Optimizer {
  const [firstDecay, secondDecay] = [Math.fround(beta1), Math.fround(beta2)];
  return {
    gradientDecay: weightDecay,
    slots: ['exp_avg', 'exp_avg_sq'],
    scalars: ['stepSize', 'epsilon'],
    stepScalars: (step, learningRate) => {
      const correction = Math.sqrt(1 - secondDecay ** step);
      return { stepSize: (learningRate * correction) / (1 - firstDecay ** step), epsilon: epsilon * correction };
    },
    update: (graph, { variable, slots, gradient }, scalars) => {
      const none = graph.constant(0);
      const numbers = {
        beta1Power: none,
        beta2Power: none,
        learningRate: scalars['stepSize']!,
        beta1: graph.constant(firstDecay),
        beta2: graph.constant(secondDecay),
        epsilon: scalars['epsilon']!,
      };
      return resourceApplyAdam(graph, variable, slots['exp_avg']!, slots['exp_avg_sq']!, numbers, gradient);
    },
  };
}

/** torch's default of `AdamW`. */
const DECOUPLED_DECAY = 0.01;

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2017, https://arxiv.org/abs/1711.05101) with torch's numbers:
 * weight ← (1 − learningRate · weightDecay) · weight, then a step of {@link adam} without decay.
 */
export function adamw({ weightDecay = DECOUPLED_DECAY, ...config }: OptimizerConfig): Optimizer {
  const inner = adam({ ...config, weightDecay: 0 });
  return {
    ...inner,
    scalars: [...inner.scalars, 'keptShare'],
    stepScalars: (step, learningRate) => ({
      ...inner.stepScalars(step, learningRate),
      keptShare: 1 - learningRate * weightDecay,
    }),
    update: (graph, target, scalars) => {
      const decayed = assignVariable(graph, target.variable, mul(graph, target.value, scalars['keptShare']!));
      return graph.withControlInputs([decayed], () => inner.update(graph, target, scalars));
    },
  };
}
