import { add, addN, assignVariable, attr, gradients, mul, type Graph, type Operation, type Tensor } from '#libs/graph';
import type { Parameter, StatisticUpdate } from '../layers/network-builder.js';
import type { Optimizer } from '../optimizers/index.js';
import { shardDevice, sumShards, type Sharding, type ShardOutcome } from './sharding.js';
import { slotVariable, type StateVariable } from './state-signatures.js';

/** Stands in the engine's error when a step was refused. */
export const NON_FINITE_LOSS = 'sulcus: the loss is not finite';

/** The trained parameters with the optimizer's scalars and slots; shared by all kinds of step of a program. */
export class Updater {
  /** The numbers to feed in every step, by the optimizer's names. */
  readonly scalars: Readonly<Record<string, Tensor>>;
  /** The optimizer's slots, parameter by parameter. */
  readonly slots: readonly StateVariable[];
  readonly #slotsOf: readonly (readonly StateVariable[])[];

  constructor(
    private readonly graph: Graph,
    private readonly trainable: readonly Parameter[],
    private readonly optimizer: Optimizer,
  ) {
    this.scalars = Object.fromEntries(optimizer.scalars.map((name) => [name, graph.placeholder(name, 'float32', [])]));
    this.#slotsOf = trainable.map(({ info }) => optimizer.slots.map((slot) => slotVariable(graph, info, slot)));
    this.slots = this.#slotsOf.flat();
  }

  /**
   * Emits the backward pass and the updates of weights and statistics; the result is everything that must run for the
   * step to have happened. All updates wait for a check of the loss: a step whose loss is not finite fails with
   * {@link NON_FINITE_LOSS} in the error and changes nothing.
   */
  emitStep(loss: Tensor, statistics: readonly StatisticUpdate[]): Operation[] {
    const { graph } = this;
    const values = this.#values();
    const weightGradients = graph.withScope('gradient', () => gradients(graph, loss, values));
    return this.#emitUpdates(this.#emitCheck(loss), values, weightGradients, statistics);
  }

  /**
   * The same for a step in shards: every update waits for what all shards contribute, and for a check of all of it. One
   * shard that is not finite refuses the whole step.
   */
  emitShardedStep(
    shards: readonly ShardOutcome[],
    sharding: Sharding,
  ): { loss: Tensor; correct: Tensor; targets: Operation[] } {
    const { graph } = this;
    const values = this.#values();
    const contributions = shards.map(({ loss, statistics }, shard) =>
      graph.withDevice(shardDevice(sharding, shard), () => [
        ...graph.withScope('gradient', () => gradients(graph, loss, values)),
        ...statistics.map(({ value }) => value),
        loss,
      ]),
    );
    return graph.withDevice(shardDevice(sharding, 0), () => {
      const { sums, checks } = sumShards(graph, contributions, sharding);
      const loss = sums.at(-1)!;
      const check = this.#emitCheck(addN(graph, [loss, ...checks]));
      const statistics = shards[0]!.statistics.map(({ variable }, index) => ({
        variable,
        value: sums[values.length + index]!,
      }));
      const correct = shards.map((shard) => shard.correct).reduce((total, each) => add(graph, total, each));
      const targets = this.#emitUpdates(check, values, sums.slice(0, values.length), statistics);
      return { loss, correct, targets };
    });
  }

  #values(): Tensor[] {
    return this.trainable.map(({ variable }) => variable.read());
  }

  #emitCheck(loss: Tensor): Tensor {
    const attrs = { T: attr.type('float32'), message: attr.string(NON_FINITE_LOSS) };
    return this.graph.op('CheckNumerics', [loss], attrs, [loss])[0]!;
  }

  #emitUpdates(
    check: Tensor,
    values: readonly Tensor[],
    weightGradients: readonly Tensor[],
    statistics: readonly StatisticUpdate[],
  ): Operation[] {
    const { graph, optimizer } = this;
    return graph.withControlInputs([check], () => [
      ...this.trainable.map(({ variable }, index) => {
        const value = values[index]!;
        const gradient =
          optimizer.gradientDecay === 0
            ? weightGradients[index]!
            : add(graph, weightGradients[index]!, mul(graph, value, optimizer.gradientDecay));
        const slots = Object.fromEntries(
          optimizer.slots.map((slot, position) => [slot, this.#slotsOf[index]![position]!.variable]),
        );
        return optimizer.update(graph, { variable, value, slots, gradient }, this.scalars);
      }),
      ...statistics.map(({ variable, value }) => assignVariable(graph, variable, value)),
    ]);
  }
}
