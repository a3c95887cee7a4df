import type { Graph, Operation, Tensor, Variable } from '#libs/graph';

/** How weights follow their gradients. The learning rate may be another in every step. */
export interface OptimizerConfig {
  readonly name: 'adam' | 'adamw' | 'sgd';
  /** Step size, positive. */
  readonly learningRate: number;
  /** sgd: share of the last direction that is kept, in [0, 1). Default 0. */
  readonly momentum?: number;
  /** adam, adamw: decay of the mean gradient, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** adam, adamw: decay of the mean squared gradient, in [0, 1). Default 0.999. */
  readonly beta2?: number;
  /** adam, adamw: added to the root of the bias-corrected mean squared gradient. Default 1e-8. */
  readonly epsilon?: number;
  /**
   * For every trainable parameter, as torch's `weight_decay`. adam, sgd: weightDecay · weight is added to the gradient,
   * default 0. adamw: the weight shrinks by learningRate · weightDecay of itself, default 0.01.
   */
  readonly weightDecay?: number;
}

/** A weight, the optimizer's slots for it, and the gradient of the loss. */
export interface UpdateTarget {
  readonly variable: Variable;
  /** Its value before the step. */
  readonly value: Tensor;
  readonly slots: Readonly<Record<string, Variable>>;
  readonly gradient: Tensor;
}

/** An update rule, bound to its settings. */
export interface Optimizer {
  /** The slots it keeps per parameter, by torch's names of the optimizer's state. */
  readonly slots: readonly string[];
  /** Names of the numbers it is fed in every step. */
  readonly scalars: readonly string[];
  /** Multiple of the weight that is added to its gradient. */
  readonly gradientDecay: number;
  /**
   * The numbers of one step, in double precision.
   * @param step number of the step, from 1
   */
  stepScalars(step: number, learningRate: number): Record<string, number>;
  /** Emits the update of one parameter; `scalars` holds a float32 scalar for each of {@link scalars}. */
  update(graph: Graph, target: UpdateTarget, scalars: Readonly<Record<string, Tensor>>): Operation;
}
