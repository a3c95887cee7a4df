import { add, fixedPointSum, type Graph, type Tensor } from '#libs/graph';
import type { StatisticUpdate } from '../layers/network-builder.js';

/**
 * How a step's batch is cut into shards. What a shard contributes is a function of weights and samples alone, and the
 * number of shards belongs to the recipe: the devices that compute them do not.
 */
export interface Sharding {
  /** Shards of a step, 2 or more. A batch of fewer than 2 rows a shard is computed whole: batch norm needs two. */
  readonly count: number;
  /**
   * `fixed-point` (default): the same bits on any number of devices. `float32`: less work, rounded in the order of the
   * shards.
   */
  readonly reduction?: 'fixed-point' | 'float32' | undefined;
  /**
   * TensorFlow's names of the devices, taken in turn, for example `/device:GPU:1`. Default: all shards where everything
   * is.
   */
  readonly devices?: readonly string[] | undefined;
}

/** What one shard contributes to a step. */
export interface ShardOutcome {
  /** Its part of the mean loss of the batch, a scalar. */
  readonly loss: Tensor;
  /** Images whose likeliest class is the true one, int32 scalar. */
  readonly correct: Tensor;
  /** Running statistics after its rows, times its share of the rows. */
  readonly statistics: readonly StatisticUpdate[];
}

/** Fewest rows of a shard: the variance of one value is none. */
export const MIN_SHARD_ROWS = 2;

/**
 * What {@link Sharding.devices} is for the devices of an engine, such as `GPU:0` and `GPU:1`: nothing for one of
 * them, where everything is in any case.
 */
export const namedDevices = (shardDevices: readonly string[]): string[] | undefined =>
  shardDevices.length > 1 ? shardDevices.map((device) => `/device:${device}`) : undefined;

/** The device of a shard; undefined: wherever the engine likes. */
export const shardDevice = ({ devices }: Sharding, shard: number): string | undefined =>
  devices && devices[shard % devices.length];

/** First row of each shard and, last, the number of rows: as even as can be. A function of the two numbers alone. */
export const shardRows = (rows: number, shards: number): number[] =>
  Array.from({ length: shards + 1 }, (_, shard) => Math.floor((shard * rows) / shards));

/** Whether a batch of so many rows is cut into shards at all. */
export const isSharded = (sharding: Sharding | undefined, rows: number): sharding is Sharding =>
  sharding !== undefined && rows >= MIN_SHARD_ROWS * sharding.count;

/** Sums over all shards, and what must be finite for them to be right. */
export interface ShardSums {
  readonly sums: readonly Tensor[];
  readonly checks: readonly Tensor[];
}

/**
 * The sums over shards of what each contributes.
 *
 * @param contributions by shard, float32 tensors of the same shapes in the same order
 */
export function sumShards(
  g: Graph,
  contributions: readonly (readonly Tensor[])[],
  { reduction = 'fixed-point' }: Sharding,
): ShardSums {
  const columns = contributions[0]!.map((_, index) => contributions.map((shard) => shard[index]!));
  if (reduction === 'float32') {
    return { sums: columns.map((column) => column.reduce((sum, each) => add(g, sum, each))), checks: [] };
  }
  const exact = columns.map((column) => fixedPointSum(g, column));
  return { sums: exact.map(({ sum }) => sum), checks: exact.map(({ check }) => check) };
}
