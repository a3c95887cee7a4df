import { type Engine, type LoadedProgram } from '#libs/engine';
import { dataOf } from '#libs/graph';
import { SulcusError } from '#libs/errors';
import type { NetworkConfig } from '../network-config.js';
import { createOptimizer, type Optimizer, type OptimizerConfig } from '../optimizers/index.js';
import type { NetworkProgram } from '../programs/network-program.js';
import { isSharded } from '../programs/sharding.js';
import { buildTrainingProgram } from '../programs/training-program.js';
import { NON_FINITE_LOSS } from '../programs/update-step.js';
import { AVERAGE_DECAY, decayOfStep } from '../programs/weight-average.js';
import { nonFiniteTensors, type NetworkState, type StateTensor } from '../state/network-state.js';
import type { TrainingConfig } from '../training-config.js';
import type { LabelledBatch } from './batch.js';
import { readState, scalarOf, writeState } from './state-transfer.js';
import { splitCounter, withCounter, type SessionState, type TrainingState } from './training-state.js';
import {
  batchFeeds,
  evaluationSeed,
  stepFeeds,
  stepSignature,
  type EvaluationResult,
  type TrainingBatch,
  type TrainStepResult,
} from './training-step.js';

/** A network in training on an engine. Calls are carried out one after another, in the order they were made. */
export class TrainingSession {
  #steps = 0;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly config: NetworkConfig,
    private readonly learningRate: number,
    private readonly training: TrainingConfig,
    private readonly optimizer: Optimizer,
    private readonly network: NetworkProgram,
    private readonly program: LoadedProgram,
  ) {}

  /**
   * Loads the network and its state.
   * @throws MODEL_INVALID when the state does not fit the network or the optimizer, INVALID_ARGUMENT and NOT_FOUND as
   * `buildTrainingProgram`
   */
  static async create(
    engine: Engine,
    config: NetworkConfig,
    optimizerConfig: OptimizerConfig,
    state: TrainingState,
    training: TrainingConfig = {},
  ): Promise<TrainingSession> {
    const network = buildTrainingProgram(config, optimizerConfig, training);
    const program = await engine.load(network.program);
    try {
      const session = new TrainingSession(
        config,
        optimizerConfig.learningRate,
        training,
        createOptimizer(optimizerConfig),
        network,
        program,
      );
      await session.writeState(state);
      return session;
    } catch (error) {
      await program.unload();
      throw error;
    }
  }

  /** Number of optimizer steps behind the current weights. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * One step of gradient descent.
   * @throws MODEL_INVALID with details.reason `non-finite-loss` when training has diverged: the weights stay as they
   * were
   */
  async trainStep(batch: TrainingBatch): Promise<TrainStepResult> {
    const signature = stepSignature(this.training, batch);
    const { inputs } = this.network.program.signatures[signature] ?? {};
    if (!inputs) throw new SulcusError('INVALID_ARGUMENT', 'This session was made without steps in inference mode');
    const learningRate = batch.learningRate ?? this.learningRate;
    if (!(learningRate >= 0 && Number.isFinite(learningRate)))
      throw new SulcusError('INVALID_ARGUMENT', `The learning rate must be a number from 0, got ${learningRate}`);
    // A batch that does not fit is refused before it waits for its turn.
    batchFeeds(this.config, batch);
    return this.#inTurn(async () => {
      const step = this.#steps + 1;
      const feeds = stepFeeds(this.config, this.training, batch, inputs, step);
      for (const [name, value] of Object.entries(this.optimizer.stepScalars(step, learningRate)))
        feeds[name] = { dtype: 'float32', shape: [], data: Float32Array.of(value) };
      const { loss, correct } = await this.program.run(signature, feeds).catch((error: unknown) => {
        throw this.#explain(error, isSharded(this.training.sharding, batch.count));
      });
      this.#steps += 1;
      await this.#average();
      return { loss: scalarOf(loss, 'float32'), correct: scalarOf(correct, 'int32') };
    });
  }

  /**
   * Loss and probabilities with the current weights, batch norm in inference mode; changes nothing. Where dropout drops
   * in evaluation, what it drops depends on seed and steps, and on the place in the batch.
   */
  async evaluate(batch: LabelledBatch): Promise<EvaluationResult> {
    const feeds = batchFeeds(this.config, batch);
    return this.#inTurn(async () => {
      const { inputs } = this.network.program.signatures['evaluate']!;
      if ('dropoutSeed' in inputs) feeds['dropoutSeed'] = evaluationSeed(this.training, this.#steps);
      const { lossSum, correct, probabilities } = await this.program.run('evaluate', feeds);
      return {
        lossSum: scalarOf(lossSum, 'float32'),
        correct: scalarOf(correct, 'int32'),
        probabilities: dataOf(probabilities, 'float32'),
      };
    });
  }

  /**
   * The weights and statistics.
   * @throws MODEL_INVALID with details.reason `non-finite-weights`: poisoned weights never leave the engine
   */
  readWeights(): Promise<NetworkState> {
    return this.#inTurn(() => this.#readWeights());
  }

  /** Weights, optimizer and average, if one is kept, of one moment; errors as {@link readWeights}. */
  readState(): Promise<SessionState> {
    return this.#inTurn(async () => {
      const weights = await this.#readWeights();
      const slots = this.network.slots.length > 0 ? await this.#readSlots() : new Map<string, StateTensor>();
      const average = this.#averages ? { average: await this.#readAverage() } : {};
      return { weights, optimizer: withCounter(slots, this.#steps), ...average };
    });
  }

  /**
   * The moving average of weights and statistics.
   * @throws INVALID_ARGUMENT when the training keeps none
   */
  readAverage(): Promise<NetworkState> {
    if (!this.#averages) throw new SulcusError('INVALID_ARGUMENT', 'This session was made without averaged weights');
    return this.#inTurn(() => this.#readAverage());
  }

  /** Replaces weights, optimizer and average. Throws MODEL_INVALID when they do not fit. */
  writeState({ weights, optimizer, average = weights }: TrainingState): Promise<void> {
    return this.#inTurn(async () => {
      await writeState(this.program, 'writeWeights', this.network.parameters, weights, 'The weights');
      if (this.#averages)
        await writeState(this.program, 'writeAverage', this.network.parameters, average, 'The averaged weights');
      if (optimizer === undefined) {
        if (this.network.slots.length > 0)
          await this.program.run('fillOptimizer', { value: { dtype: 'float32', shape: [], data: Float32Array.of(0) } });
        this.#steps = 0;
        return;
      }
      const { step, slots } = splitCounter(optimizer);
      if (this.network.slots.length > 0 || slots.size > 0)
        await writeState(this.program, 'writeOptimizer', this.network.slots, slots, "The optimizer's state");
      this.#steps = step;
    });
  }

  /** Frees the engine's memory after the calls made so far. */
  close(): Promise<void> {
    return this.#inTurn(() => this.program.unload());
  }

  async #readWeights(): Promise<NetworkState> {
    const weights = await readState(this.program, 'readWeights', this.network.parameters);
    const broken = nonFiniteTensors(weights);
    if (broken.length > 0) {
      throw new SulcusError(
        'MODEL_INVALID',
        `Training has diverged: ${broken.length} tensors hold values that are not finite, first ${broken[0]}`,
        {
          details: { reason: 'non-finite-weights', tensors: broken, step: this.#steps },
        },
      );
    }
    return weights;
  }

  get #averages(): boolean {
    return this.training.averageDecay !== undefined;
  }

  async #average(): Promise<void> {
    const { averageDecay } = this.training;
    if (averageDecay === undefined) return;
    const data = Float32Array.of(decayOfStep(averageDecay, this.#steps));
    await this.program.run('averageWeights', { [AVERAGE_DECAY]: { dtype: 'float32', shape: [], data } });
  }

  #readAverage(): Promise<NetworkState> {
    return readState(this.program, 'readAverage', this.network.parameters);
  }

  #readSlots(): Promise<NetworkState> {
    return readState(this.program, 'readOptimizer', this.network.slots);
  }

  #explain(error: unknown, sharded: boolean): unknown {
    if (!(error instanceof Error && error.message.includes(NON_FINITE_LOSS))) return error;
    const step = this.#steps + 1;
    const what = sharded
      ? `the loss or a gradient of step ${step} is not finite, or too large to be summed over shards`
      : `the loss of step ${step} is not finite`;
    return new SulcusError('MODEL_INVALID', `Training has diverged: ${what}; the weights are as before the step`, {
      cause: error,
      details: { reason: 'non-finite-loss', step },
    });
  }

  #inTurn<T>(call: () => Promise<T>): Promise<T> {
    const result = this.#last.then(call);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
