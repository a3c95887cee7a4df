import { runTogether } from '#libs/async';
import type { Bus } from '#libs/bus';
import { describeEngine, type Engine } from '#libs/engine';
import { DEFAULT_GATE_POLICY } from '#libs/evaluation';
import { canonicalTransformJson, transformHash } from '#libs/imaging';
import { countTrainable, listParameters, TrainingSession, type Recipe } from '#libs/nn';
import { Registry } from '#libs/registry';
import type { Logger } from '#libs/telemetry';
import type { TrainerConfig } from './config.js';
import { BatchExchange } from './data/batch-exchange.js';
import { HeldBatches, sweepBatchBlobs } from './data/held-batches.js';
import { SampleIndex } from './data/sample-index.js';
import { TrainerEvents } from './events.js';
import { Gate } from './gate/gate.js';
import { Trainer } from './loop/trainer.js';
import { Publisher } from './publishing/publisher.js';
import { firstWeights } from './recipe/initial-weights.js';
import { resolveNetwork, resolveTraining, resolveTransform } from './recipe/resolve-recipe.js';
import { Checkpoints } from './state/checkpoints.js';
import { claimRun } from './state/run-claim.js';
import { RunState, type RunIdentity } from './state/run-state.js';

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
  const hash = transformHash(transform);
  const network = resolveNetwork(recipe, transform, config.classes, engine.info);

  const registry = new Registry(bus);
  const held = new HeldBatches();
  const checkpoints = new Checkpoints(bus, config.run, held);
  const restored = await checkpoints.restore();
  const state = new RunState(identityOf(recipe, config), restored?.manifest);
  const begin = restored ? undefined : await firstWeights(recipe, network);
  const session = await TrainingSession.create(
    engine,
    network,
    recipe.optimizer,
    restored ?? { weights: begin!.weights },
    resolveTraining(recipe, config.classes, engine.info.shardDevices),
  );
  const beginning = begin?.message ?? `resumed at step ${state.progress.step}, epoch ${state.ledger.epoch}`;
  const { shardDevices } = engine.info;
  const spread =
    shardDevices.length > 1 ? `training on ${shardDevices.length} devices (${shardDevices.join(', ')}); ` : '';
  if (spread !== '')
    log.info({ devices: shardDevices, shards: recipe.shards }, `training on ${shardDevices.length} devices`);
  await events.state('ready', `${spread}${beginning}`);

  await sweepBatchBlobs(bus, config.run);
  const index = new SampleIndex(config.classes, log);
  const exchange = new BatchExchange(bus, log, {
    run: config.run,
    credit: config.batchCredit,
    seed: recipe.seed,
    requestTimeoutMs: config.batchRequestTimeoutMs,
    transform: { json: canonicalTransformJson(transform), hash },
  });
  const gate = new Gate(
    { bus, engine, registry, exchange, index },
    {
      classes: config.classes,
      transformHash: hash,
      batchSize: recipe.batchSize,
      promotion: config.promotion,
      maxSamples: config.gateSamples,
      policy: { ...DEFAULT_GATE_POLICY, minimumSamples: config.gateMinSamples },
    },
  );
  const publisher = new Publisher(
    registry,
    {
      network,
      transform: transform as unknown as Record<string, unknown>,
      transformHash: hash,
      parameterCount: countTrainable(listParameters(network)),
      codeVersion,
      devices: engine.info.shardDevices,
    },
    config.keepVersions,
  );
  const trainer = new Trainer(
    { bus, engine, registry, index, exchange, session, network, state, held, checkpoints, gate, publisher, events },
    {
      batchSize: recipe.batchSize,
      classBalanced: config.classBalanced,
      bnFrozenAfterFirstEpoch: recipe.bnFrozenAfterFirstEpoch ?? false,
      candidates: recipe.candidates ?? 'improved',
      epochs: recipe.epochs,
      validateEverySamples: config.validateEverySamples,
      validationSamples: config.validationSamples,
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

const identityOf = (recipe: Recipe, { run, classes }: TrainerConfig): RunIdentity => ({
  run,
  recipe: recipe,
  classes,
  seed: recipe.seed,
  patience: recipe.earlyStopping?.patience,
  learningRate: recipe.optimizer.learningRate,
  schedule: recipe.schedule ?? undefined,
});
