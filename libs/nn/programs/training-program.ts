import { softmax, sum, type Signature, type Operation } from '#libs/graph';
import { classificationOutcome, trainingLoss } from '../losses.js';
import type { NetworkConfig } from '../network-config.js';
import { createOptimizer, type OptimizerConfig } from '../optimizers/index.js';
import { assertFreezable, assertTrainingConfig, freezer, type TrainingConfig } from '../training-config.js';
import { NetworkGraph, type Forward } from './network-graph.js';
import type { NetworkProgram } from './network-program.js';
import { fillSignature, readSignature, writeSignature } from './state-signatures.js';
import { buildShardedStep } from './sharded-step.js';
import { Updater } from './update-step.js';
import { averageSignatures } from './weight-average.js';

/**
 * Builds the training of a network as one program. All signatures are fed `pixels` (uint8 [batch, height, width,
 * channel]) and `labels` (int32 [batch]) unless they say otherwise:
 *
 * - `trainStep` is also fed the optimizer's scalars, and `dropoutSeed` if anything drops. It updates weights, slots and
 *   statistics, and fetches `loss` (mean, nats) and `correct`.
 * - `inferenceModeStep`, only when asked for, is the same with the running statistics and without dropout.
 * - `shardedStep` and `shardedInferenceModeStep`, only when asked for, are the same with the batch in shards; see
 *   `buildShardedStep`.
 * - `evaluate` fetches `lossSum` (plain cross-entropy), `correct` and `probabilities` [batch, class]; batch norm uses
 *   the running statistics. Where dropout drops in evaluation, it is also fed `dropoutSeed`.
 * - `readWeights` and `readOptimizer` are fed nothing and fetch every parameter or slot by name, in torch's layout;
 *   `writeWeights` and `writeOptimizer` are fed the same.
 * - `fillOptimizer` is fed `value` alone; all values of all slots become it.
 * - `averageWeights`, `readAverage` and `writeAverage`, only when asked for; see `averageSignatures`.
 *
 * The optimizer's signatures are there only when it has slots.
 * @throws NOT_FOUND for an unknown architecture, INVALID_ARGUMENT for a configuration that cannot be built
 */
export function buildTrainingProgram(
  config: NetworkConfig,
  optimizerConfig: OptimizerConfig,
  training: TrainingConfig = {},
): NetworkProgram {
  const optimizer = createOptimizer(optimizerConfig);
  assertTrainingConfig(training, config);
  const networkGraph = new NetworkGraph(config);
  const { graph, parameters, pixels } = networkGraph;
  const labels = graph.placeholder('labels', 'int32', [-1]);
  const isFrozen = freezer(training);

  const forward = networkGraph.forward({ training: true, isFrozen });
  const infos = parameters.all.map(({ info }) => info);
  assertFreezable(training, infos, config.architecture);
  const updater = new Updater(
    graph,
    parameters.all.filter(({ info }) => info.trainable && !isFrozen(info.name)),
    optimizer,
  );

  const step = ({ network, logits }: Forward): Signature & { targets: Operation[] } => {
    const { losses, correct } = classificationOutcome(graph, logits, labels);
    const loss = trainingLoss(graph, logits, labels, losses, training);
    return {
      inputs: { pixels, labels, ...network.randomFeeds, ...updater.scalars },
      outputs: { loss, correct },
      targets: updater.emitStep(loss, network.statisticUpdates),
    };
  };
  const trainStep = step(forward);
  const { sharding } = training;
  const shardedStep =
    sharding && buildShardedStep(networkGraph, updater, { ...training, sharding }, { training: true, isFrozen });
  const evaluate = graph.withScope('evaluate', (): Signature => {
    const inference = networkGraph.forward({
      training: false,
      normalized: !training.unnormalizedEvaluation,
      drops: training.dropoutInEvaluation ?? false,
    });
    const outcome = classificationOutcome(graph, inference.logits, labels);
    const outputs = {
      lossSum: sum(graph, outcome.losses),
      correct: outcome.correct,
      probabilities: softmax(graph, inference.classLogits),
    };
    return { inputs: { pixels, labels, ...inference.network.randomFeeds }, outputs };
  });
  const weights = parameters.all.map(({ info, variable }) => ({ ...info, variable }));
  const optimizerSignatures = {
    readOptimizer: readSignature(graph, updater.slots),
    writeOptimizer: writeSignature(graph, updater.slots),
    fillOptimizer: fillSignature(graph, updater.slots),
  };
  const program = {
    graph,
    signatures: {
      trainStep,
      ...(shardedStep && { shardedStep }),
      ...(training.inferenceModeSteps && {
        inferenceModeStep: graph.withScope('inferenceMode', () => step(networkGraph.forward({ training: false }))),
      }),
      ...(training.inferenceModeSteps &&
        sharding && {
          shardedInferenceModeStep: graph.withScope('inferenceMode', () =>
            buildShardedStep(networkGraph, updater, { ...training, sharding }, { training: false }),
          ),
        }),
      evaluate,
      readWeights: readSignature(graph, weights),
      writeWeights: writeSignature(graph, weights),
      ...(updater.slots.length > 0 && optimizerSignatures),
      ...(training.averageDecay !== undefined && averageSignatures(graph, weights)),
    },
  };
  return { program, parameters: infos, slots: updater.slots.map(({ name, shape }) => ({ name, shape })) };
}
