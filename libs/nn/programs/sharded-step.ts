import { div, mul, type Operation, type Signature, type Tensor } from '#libs/graph';
import { classificationOutcome, trainingLossSum } from '../losses.js';
import type { TrainingConfig } from '../training-config.js';
import type { NetworkGraph } from './network-graph.js';
import { shardDevice, type Sharding, type ShardOutcome } from './sharding.js';
import type { Updater } from './update-step.js';

/** Names of what is fed for shard number `shard`. */
export const shardFeeds = (shard: number) =>
  ({
    pixels: `pixels/${shard}`,
    labels: `labels/${shard}`,
    share: `share/${shard}`,
    dropoutSeed: `dropoutSeed/${shard}`,
  }) as const;

/** What the losses of a batch are divided by: its rows, or the weights of their classes. */
export const LOSS_DENOMINATOR = 'lossDenominator';

/**
 * A step whose batch is fed in shards, each computed on a device of its own: gradients and running statistics are
 * summed over them. Batch norm takes the statistics of each shard, as torch's `DataParallel` does.
 *
 * Feeds for each shard: `pixels/s` uint8 [n_s, height, width, channels], `labels/s` int32 [n_s], `share/s` (n_s / n),
 * `dropoutSeed/s` if anything drops; for the step `lossDenominator` and the optimizer's scalars.
 */
export function buildShardedStep(
  networkGraph: NetworkGraph,
  updater: Updater,
  training: TrainingConfig & { readonly sharding: Sharding },
  mode: { readonly training: boolean; readonly isFrozen?: (layer: string) => boolean },
): Signature & { targets: Operation[] } {
  const { graph } = networkGraph;
  const { sharding } = training;
  return graph.withScope('sharded', () => {
    const denominator = graph.placeholder(LOSS_DENOMINATOR, 'float32', []);
    const inputs: Record<string, Tensor> = { [LOSS_DENOMINATOR]: denominator, ...updater.scalars };
    const emitShard = (shard: number): ShardOutcome => {
      const feeds = shardFeeds(shard);
      const pixels = graph.placeholder('pixels', 'uint8', networkGraph.pixels.shape);
      const labels = graph.placeholder('labels', 'int32', [-1]);
      const share = graph.placeholder('share', 'float32', []);
      const { network, logits } = networkGraph.forward({ ...mode, pixels });
      const { losses, correct } = classificationOutcome(graph, logits, labels);
      const loss = div(graph, trainingLossSum(graph, logits, labels, losses, training).sum, denominator);
      Object.assign(inputs, { [feeds.pixels]: pixels, [feeds.labels]: labels, [feeds.share]: share });
      const { dropoutSeed } = network.randomFeeds;
      if (dropoutSeed) inputs[feeds.dropoutSeed] = dropoutSeed;
      const statistics = network.statisticUpdates.map(({ variable, value }) => ({
        variable,
        value: mul(graph, value, share),
      }));
      return { loss, correct, statistics };
    };
    const shards = Array.from({ length: sharding.count }, (_, shard) =>
      graph.withDevice(shardDevice(sharding, shard), () => graph.withScope(`shard${shard}`, () => emitShard(shard))),
    );
    const { loss, correct, targets } = updater.emitShardedStep(shards, sharding);
    return { inputs, outputs: { loss, correct }, targets };
  });
}
