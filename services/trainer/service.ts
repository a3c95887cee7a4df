import { runTogether } from '#libs/async';
import type { Bus } from '#libs/bus';
import { describeEngine, type Engine } from '#libs/engine';
import { canonicalTransformJson, transformHash } from '#libs/imaging';
import {
  countTrainable,
  listParameters,
  resolvePrecision,
  TrainingSession,
  type NetworkConfig,
  type Recipe,
} from '#libs/nn';
import { Registry } from '#libs/registry';
import type { Logger } from '#libs/telemetry';
import { BatchExchange } from './data/batch-exchange.js';
import { Checkpoints } from './state/checkpoints.js';
import type { TrainerConfig } from './config.js';
import { TrainerEvents } from './events.js';
import { HeldBatches, sweepBatchBlobs } from './data/held-batches.js';
import { firstWeights } from './recipe/initial-weights.js';
import { claimRun } from './state/run-claim.js';
import { Publisher } from './publishing/publisher.js';
import { resolveTraining, resolveTransform } from './recipe/resolve-recipe.js';
import { RunState } from './state/run-state.js';
import { SampleIndex } from './data/sample-index.js';
import { Trainer } from './loop/trainer.js';

export interface TrainerServiceContext {
  bus: Bus;
  engine: Engine;
  config: TrainerConfig;
  recipe: Recipe;
  log: Logger;
  /** Unique per process. */
  instance: string;
  codeVersion: string;
}

/** Builds the trainer of a run, restores its newest checkpoint and trains until the signal aborts. */
export async function runTrainer(context: TrainerServiceContext, signal: AbortSignal): Promise<void> {
  const { bus, engine, config, recipe, log, instance, codeVersion } = context;
  const events = new TrainerEvents(bus, log, config.run, instance, describeEngine(engine.info));
  await events.state('starting', `run "${config.run}", recipe "${recipe.name}", classes ${config.classes.join(', ')}`);

  const claim = await claimRun(bus, config.run, instance);
  const transform = resolveTransform(recipe);
  const network: NetworkConfig = {
    architecture: recipe.architecture,
    classes: config.classes.length,
    input: { height: transform.outputHeight, width: transform.outputWidth, channels: transform.channels },
    normalize: transform.normalize,
    precision: resolvePrecision(recipe.precision, engine.info, recipe.architecture),
    head: recipe.head,
    dropout: recipe.dropout,
  };
  const identity = {
    run: config.run,
    recipe: recipe as unknown as Record<string, unknown>,
    classes: config.classes,
    seed: recipe.seed,
    patience: recipe.earlyStopping?.patience,
    learningRate: recipe.optimizer.learningRate,
    schedule: recipe.schedule ?? undefined,
  };

  const registry = new Registry(bus);
  const held = new HeldBatches();
  const checkpoints = new Checkpoints(bus, config.run, held);
  const restored = await checkpoints.restore();
  const state = new RunState(identity, restored?.manifest);
  const begin = restored ? undefined : await firstWeights(recipe, network);
  const session = await TrainingSession.create(
    engine,
    network,
    recipe.optimizer,
    restored ?? { weights: begin!.weights },
    resolveTraining(recipe, config.classes),
  );
  await events.state('ready', begin?.message ?? `resumed at step ${state.progress.step}, epoch ${state.ledger.epoch}`);

  await sweepBatchBlobs(bus, config.run);
  const index = new SampleIndex(config.classes, log);
  const exchange = new BatchExchange(bus, log, {
    run: config.run,
    credit: config.batchCredit,
    seed: recipe.seed,
    requestTimeoutMs: config.batchRequestTimeoutMs,
    transform: { json: canonicalTransformJson(transform), hash: transformHash(transform) },
  });
  const publisher = new Publisher(
    registry,
    {
      network,
      transform: transform as unknown as Record<string, unknown>,
      transformHash: transformHash(transform),
      parameterCount: countTrainable(listParameters(network)),
      codeVersion,
    },
    config.keepVersions,
  );
  const trainer = new Trainer(
    { bus, engine, registry, index, exchange, session, network, state, held, checkpoints, publisher, events },
    {
      batchSize: recipe.batchSize,
      transformHash: transformHash(transform),
      classBalanced: config.classBalanced,
      bnFrozenAfterFirstEpoch: recipe.bnFrozenAfterFirstEpoch ?? false,
      candidates: recipe.candidates ?? 'improved',
      promotion: config.promotion,
      epochs: recipe.epochs,
      validateEverySamples: config.validateEverySamples,
      checkpointIntervalMs: config.checkpointIntervalMs,
    },
  );
  await runTogether(
    {
      work: async (stop) => {
        await index.caughtUp;
        await trainer.run(stop);
      },
      companions: [(stop) => claim.keep(stop), (stop) => index.follow(bus, stop), (stop) => exchange.receive(stop)],
    },
    signal,
  );
}
