import type { Tensor, TensorValue } from '#libs/graph';
import type { NetworkConfig } from '../network-config.js';
import { isSharded } from '../programs/sharding.js';
import type { TrainingConfig } from '../training-config.js';
import { labelFeed, pixelFeed, type LabelledBatch } from './batch.js';
import { shardedFeeds } from './sharded-feeds.js';

/** What a training step takes beside images and classes. */
export interface TrainingBatch extends LabelledBatch {
  /** Default: the optimizer's. */
  readonly learningRate?: number;
  /**
   * Batch norm uses its running statistics and dropout is off; needs `inferenceModeSteps` in the training's
   * configuration.
   */
  readonly inferenceMode?: boolean;
}

export interface TrainStepResult {
  /** Mean loss of the batch before the update, nats. */
  readonly loss: number;
  /** Images whose likeliest class was the true one. */
  readonly correct: number;
}

export interface EvaluationResult {
  /** Sum of the images' cross-entropies, nats. */
  readonly lossSum: number;
  readonly correct: number;
  /** [count, classes], row-major. */
  readonly probabilities: Float32Array;
}

/** The signature that makes a step with a batch: in shards where the batch is large enough for them. */
export function stepSignature({ sharding }: TrainingConfig, { count, inferenceMode }: TrainingBatch): string {
  if (isSharded(sharding, count)) return inferenceMode ? 'shardedInferenceModeStep' : 'shardedStep';
  return inferenceMode ? 'inferenceModeStep' : 'trainStep';
}

/**
 * What a step is fed beside the optimizer's scalars.
 *
 * @param inputs of the step's signature
 * @param step its number, from 1
 */
export function stepFeeds(
  config: NetworkConfig,
  training: TrainingConfig,
  batch: LabelledBatch,
  inputs: Readonly<Record<string, Tensor>>,
  step: number,
): Record<string, TensorValue> {
  const { sharding } = training;
  const seed = (training.seed ?? 0) | 0;
  const feeds = isSharded(sharding, batch.count)
    ? shardedFeeds(config, batch, training, sharding, { step, seed, inputs })
    : batchFeeds(config, batch);
  if ('dropoutSeed' in inputs) feeds['dropoutSeed'] = { dtype: 'int32', shape: [2], data: Int32Array.of(seed, step) };
  return feeds;
}

/** Sets evaluation apart from the step of the same number, in the first half of dropout's seed. */
const EVALUATION_SEED = 0x45564131;

/** What dropout in evaluation is fed after so many steps. */
export const evaluationSeed = ({ seed = 0 }: TrainingConfig, steps: number): TensorValue => ({
  dtype: 'int32',
  shape: [2],
  data: Int32Array.of((seed ^ EVALUATION_SEED) | 0, steps),
});

/** @throws INVALID_ARGUMENT when the batch does not fit the network */
export const batchFeeds = (
  config: NetworkConfig,
  { pixels, labels, count }: LabelledBatch,
): Record<string, TensorValue> => ({
  pixels: pixelFeed(config, pixels, count),
  labels: labelFeed(config, labels, count),
});
