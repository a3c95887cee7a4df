import type { Tensor, TensorValue } from '#libs/graph';
import type { NetworkConfig } from '../network-config.js';
import { LOSS_DENOMINATOR, shardFeeds } from '../programs/sharded-step.js';
import { shardRows, type Sharding } from '../programs/sharding.js';
import type { TrainingConfig } from '../training-config.js';
import { labelFeed, pixelFeed, type LabelledBatch } from './batch.js';

/**
 * Sets the shards of a step apart in the first half of dropout's seed: 2^32 divided by the golden ratio, as a signed
 * number.
 */
const SHARD_SEED = 0x9e3779b9 | 0;

const scalar = (value: number): TensorValue => ({ dtype: 'float32', shape: [], data: Float32Array.of(value) });

/**
 * What a step in shards is fed: the rows of a batch in their order, as evenly as can be.
 *
 * @param inputs of the step's signature: what nothing in the network asks for is not fed
 */
export function shardedFeeds(
  config: NetworkConfig,
  { pixels, labels, count }: LabelledBatch,
  { classWeights }: TrainingConfig,
  sharding: Sharding,
  { step, seed, inputs }: { step: number; seed: number; inputs: Readonly<Record<string, Tensor>> },
): Record<string, TensorValue> {
  const rowBytes = pixels.length / count;
  const bounds = shardRows(count, sharding.count);
  const denominator = classWeights ? labels.reduce((sum, label) => sum + classWeights[label]!, 0) : count;
  const feeds: Record<string, TensorValue> = { [LOSS_DENOMINATOR]: scalar(denominator) };
  for (let shard = 0; shard < sharding.count; shard++) {
    const [begin, end] = [bounds[shard]!, bounds[shard + 1]!];
    const names = shardFeeds(shard);
    feeds[names.pixels] = pixelFeed(config, pixels.subarray(begin * rowBytes, end * rowBytes), end - begin);
    feeds[names.labels] = labelFeed(config, labels.subarray(begin, end), end - begin);
    feeds[names.share] = scalar((end - begin) / count);
    if (names.dropoutSeed in inputs) {
      const data = Int32Array.of((seed + Math.imul(shard, SHARD_SEED)) | 0, step);
      feeds[names.dropoutSeed] = { dtype: 'int32', shape: [2], data };
    }
  }
  return feeds;
}
