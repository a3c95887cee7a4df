import { runTogether, waitFor } from '#libs/async';
import type { Bus } from '#libs/bus';
import type { Engine } from '#libs/engine';
import { DEFAULT_GATE_POLICY } from '#libs/evaluation';
import { canonicalTransformJson, transformHash } from '#libs/imaging';
import {
  countTrainable,
  growClasses,
  initialState,
  listParameters,
  TrainingSession,
  type NetworkConfig,
  type NetworkState,
  type Recipe,
  type TrainingState,
} from '#libs/nn';
import { LineageWriter } from '#libs/lineage';
import { Registry, SigningKey } from '#libs/registry';
import type { Logger } from '#libs/telemetry';
import type { TrainerConfig } from './config.js';
import { BatchExchange } from './data/batch-exchange.js';
import { HeldBatches, sweepBatchBlobs } from './data/held-batches.js';
import { SampleIndex } from './data/sample-index.js';
import { TrainerEvents } from './events.js';
import { Gate, type GateOptions } from './gate/gate.js';
import { explainDivergence } from './loop/explain-divergence.js';
import type { TrainerOptions, TrainerParts } from './loop/parts.js';
import { Trainer } from './loop/trainer.js';
import { Publisher } from './publishing/publisher.js';
import { describeDevices } from './recipe/devices.js';
import { firstWeights, keepFirstWeights } from './recipe/initial-weights.js';
import { resolveEvaluation, resolveNetwork, resolveTraining, resolveTransform } from './recipe/resolve-recipe.js';
import { countTrainingSamples, settleBatchSize } from './recipe/settle-batch-size.js';
import { Checkpoints, type RestoredCheckpoint } from './state/checkpoints.js';
import { claimRun, type RunClaim } from './state/run-claim.js';
import { identityOf } from './state/check-run.js';
import { restoreRun } from './state/restore-run.js';
import { recordPolicy } from './state/record-policy.js';
import { RunState } from './state/run-state.js';
import { waitForRoom } from './state/wait-for-room.js';
import { classesOfRun } from './state/grown-classes.js';
import { learnFromStream, type Companion } from './stream/run-stream.js';

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

/** Trains a run until the signal aborts, going on from its newest checkpoint; anew whenever its classes have grown. */
export async function runTrainer(context: TrainerServiceContext, signal: AbortSignal): Promise<void> {
  try {
    do await trainClasses(context, signal);
    while (!signal.aborted);
  } catch (error) {
    throw explainDivergence(error, context.recipe);
  }
}

/** Builds the trainer of a run, restores its newest checkpoint and trains until it ends or the signal aborts. */
async function trainClasses(context: TrainerServiceContext, signal: AbortSignal): Promise<void> {
  const { bus, engine, config, recipe: given, log, instance, codeVersion } = context;
  const events = new TrainerEvents(bus, log, config.run, instance, engine.info);
  const claim = await claimRun(bus, config.run, instance);
  const transform = resolveTransform(given);
  const hash = transformHash(transform);
  const { signingKey } = config;
  const registry = new Registry(bus, {
    signingKey: signingKey === undefined ? undefined : SigningKey.read(signingKey),
  });
  const held = new HeldBatches();
  const withRoom = waitForRoom({ registry, events }, signal);
  const checkpoints = new Checkpoints(bus, config.run, held, withRoom);
  const fresh = (classes: readonly string[]) => new RunState(identityOf(given, { ...config, classes })).toManifest();
  const { checkpoint: restored, loss } = await restoreRun({ checkpoints, registry }, config.run, fresh);
  const classes = classesOfRun(config.classes, given.mode, restored?.manifest);
  await events.state('starting', `run "${config.run}", recipe "${given.name}", classes ${classes.join(', ')}`);
  const network = resolveNetwork(given, transform, classes, engine.info);
  const learned = await LineageWriter.open(bus, config.run, restored?.manifest.lineage, {
    remembersAll: given.mode !== 'stream',
  });
  const state = new RunState(identityOf(given, { ...config, classes }), restored?.manifest, learned);
  const { recipe, chosen } = await settleBatchSize(given, {
    network,
    engine: engine.info,
    before: state.batchSize,
    samples: () => trainingSamples({ bus, log, claim, events }, classes, signal),
  });
  if (signal.aborted) return;
  state.batchSize = chosen;
  const begin = restored ? undefined : await firstWeights(recipe, network);
  const { startWeights } = config;
  if (begin && startWeights !== undefined)
    await withRoom('the first weights', () => keepFirstWeights(startWeights, begin, network));
  const session = await TrainingSession.create(
    engine,
    network,
    recipe.optimizer,
    restored ? withClasses(restored, network, recipe.seed) : { weights: begin!.weights },
    resolveTraining(recipe, classes, engine.info.shardDevices),
  );
  const beginning = begin?.message ?? `resumed at step ${state.progress.step}, epoch ${state.ledger.epoch}`;
  if (recipe.augmentedValidation)
    log.warn('augmentedValidation: losses and accuracies of validation are of augmented images, as no user sends them');
  if (recipe.unnormalizedEvaluation)
    log.warn(
      'unnormalizedEvaluation: validation and gate are of images that are not normalised, as none is in service',
    );
  if (recipe.dropoutInEvaluation)
    log.warn('dropoutInEvaluation: validation and gate are of answers with dropout, as none is in service');
  const spread = describeDevices(config.devices, engine.info.shardDevices, recipe.shards ?? 1);
  if (loss !== undefined) await events.lost(loss);
  const said = [chosen?.reason, spread, beginning].filter((text) => text !== undefined);
  await events.state('ready', said.join('; '));

  await sweepBatchBlobs(bus, config.run);
  const exchange = new BatchExchange(bus, log, {
    run: config.run,
    credit: config.batchCredit,
    seed: recipe.seed,
    requestTimeoutMs: config.batchRequestTimeoutMs,
    augmentedValidation: recipe.augmentedValidation,
    transform: { json: canonicalTransformJson(transform), hash },
  });
  const gateOptions = {
    classes,
    transformHash: hash,
    batchSize: recipe.batchSize,
    promotion: config.promotion,
    maxSamples: config.gateSamples,
    policy: { ...DEFAULT_GATE_POLICY, minimumSamples: config.gateMinSamples },
    keepDeclined: config.keepDeclined,
  };
  await recordPolicy(bus, config.run, {
    ...gateOptions.policy,
    promotion: config.promotion,
    gateSamples: config.gateSamples,
    freezeOnAlarm: config.freezeOnAlarm,
  });
  const publisher = new Publisher(
    registry,
    {
      network,
      transform: transform as unknown as Record<string, unknown>,
      transformHash: hash,
      evaluation: resolveEvaluation(recipe, transform),
      parameterCount: countTrainable(listParameters(network)),
      codeVersion,
      devices: engine.info.shardDevices,
    },
    config.keepVersions,
    withRoom,
  );
  const parts = { bus, engine, registry, exchange, session, network, state, held, checkpoints, publisher, events };
  const options = {
    batchSize: recipe.batchSize,
    classBalanced: config.classBalanced,
    bnFrozenAfterFirstEpoch: recipe.bnFrozenAfterFirstEpoch ?? false,
    candidates: recipe.candidates ?? 'improved',
    epochs: recipe.epochs,
    validateEverySamples: config.validateEverySamples,
    validationSamples: config.validationSamples,
    checkpointIntervalMs: config.checkpointIntervalMs,
  };
  const companions: Companion[] = [(stop) => claim.keep(stop), (stop) => exchange.receive(stop)];
  if (recipe.mode === 'stream')
    await learnFromStream(
      parts,
      options,
      {
        recipe,
        gateOptions,
        pauseMs: config.streamPauseMs,
        newClassSamples: recipe.classWeights ? 0 : config.newClassSamples,
        freezeOnAlarm: config.freezeOnAlarm,
        record: restored?.manifest.stream,
        companions,
      },
      signal,
    );
  else await learnInEpochs(parts, options, { log, gateOptions, companions }, signal);
  await session.close();
}

/** Images to train on, once there are some and no more come. */
async function trainingSamples(
  { bus, log, claim, events }: { bus: Bus; log: Logger; claim: RunClaim; events: TrainerEvents },
  classes: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  await events.state('idle', 'waiting for images to train on: the batch size is chosen by their number');
  const index = new SampleIndex(classes, log);
  let count = 0;
  const work = async (stop: AbortSignal): Promise<void> => {
    count = await countTrainingSamples(index, stop);
  };
  await runTogether({ work, companions: [claim.keep, (stop) => index.follow(bus, stop)] }, signal);
  return count;
}

/** A stored state as the network takes it, which may have more classes by now. */
function withClasses(stored: RestoredCheckpoint, network: NetworkConfig, seed: number): TrainingState {
  const parameters = listParameters(network);
  const grown = (state: NetworkState): NetworkState =>
    growClasses(state, parameters, () => initialState(network, seed));
  const { weights, optimizer, average } = stored;
  return {
    weights: grown(weights),
    ...(optimizer && { optimizer: grown(optimizer) }),
    ...(average && { average: grown(average) }),
  };
}

/** Learns from the samples that there are, again and again, until the signal aborts. */
async function learnInEpochs(
  parts: Omit<TrainerParts, 'index' | 'gate'>,
  options: TrainerOptions,
  { log, gateOptions, companions }: { log: Logger; gateOptions: GateOptions; companions: Companion[] },
  signal: AbortSignal,
): Promise<void> {
  const index = new SampleIndex(parts.state.identity.classes, log);
  const gate = new Gate({ ...parts, index }, gateOptions);
  const trainer = new Trainer({ ...parts, index, gate }, options);
  const work = async (stop: AbortSignal): Promise<void> => {
    await waitFor('all stored scans and labels to be read', index.caughtUp);
    await trainer.run(stop);
  };
  await runTogether({ work, companions: [...companions, (stop) => index.follow(parts.bus, stop)] }, signal);
}
