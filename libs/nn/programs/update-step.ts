import { add, assignVariable, attr, gradients, mul, type Graph, type Operation, type Tensor } from '#libs/engine';
import type { Parameter, StatisticUpdate } from '../layers/network-builder.js';
import type { Optimizer } from '../optimizers/index.js';
import { slotVariable, type StateVariable } from './state-ports.js';

/** Stands in the engine's error when a step was refused. */
export const NON_FINITE_LOSS = 'sulcus: the loss is not finite';

export interface UpdateStep {
  /** Everything that must run for the step to have happened. */
  readonly targets: readonly Operation[];
  /** The numbers to feed, by the optimizer's names. */
  readonly scalars: Readonly<Record<string, Tensor>>;
  /** What the optimizer remembers, parameter by parameter. */
  readonly slots: readonly StateVariable[];
}

/**
 * Emits the backward pass and the updates of weights and statistics. They all wait for a check of the loss: a step whose
 * loss is not finite fails with {@link NON_FINITE_LOSS} in the error and changes nothing.
 */
export function emitUpdateStep(graph: Graph, loss: Tensor, trainable: readonly Parameter[], statistics: readonly StatisticUpdate[], optimizer: Optimizer, weightDecay: number): UpdateStep {
  const scalars = Object.fromEntries(optimizer.scalars.map((name) => [name, graph.placeholder(name, 'float32', [])]));
  const values = trainable.map(({ variable }) => variable.read());
  const slopes = graph.withScope('gradient', () => gradients(graph, loss, values));
  const slots: StateVariable[] = [];
  const check = graph.op('CheckNumerics', [loss], { T: attr.type('float32'), message: attr.string(NON_FINITE_LOSS) }, [loss])[0]!;
  const targets = graph.withControlInputs([check], () => [
    ...trainable.map(({ info, variable }, index) => {
      const own = optimizer.slots.map((slot) => slotVariable(graph, info, slot));
      slots.push(...own);
      const gradient = weightDecay === 0 ? slopes[index]! : add(graph, slopes[index]!, mul(graph, values[index]!, weightDecay));
      const memory = Object.fromEntries(optimizer.slots.map((slot, position) => [slot, own[position]!.variable]));
      return optimizer.update(graph, { variable, slots: memory, gradient }, scalars);
    }),
    ...statistics.map(({ variable, value }) => assignVariable(graph, variable, value)),
  ]);
  return { targets, scalars, slots };
}
