import { listGpus, pinnedGpu, type EngineInfo } from '#libs/engine';
import { estimateTrainingMemory, streamSettings, type NetworkConfig, type Recipe, type SettledRecipe } from '#libs/nn';
import type { SampleIndex } from '../data/sample-index.js';
import { chooseBatchSize, type ChosenBatchSize } from './batch-size.js';

/** Images count as all there are when none has come for this long. */
const IDLE_MS = 2000;
/** What WebAssembly can address, less what the program itself takes. */
const PORTABLE_BYTES = 3 * 2 ** 30;

/** A recipe whose batch size is a number, and how it came to it; undefined: the recipe says it. */
export interface SettledBatchSize {
  readonly recipe: SettledRecipe;
  readonly chosen: ChosenBatchSize | undefined;
}

/**
 * Says how many images a step has where the recipe leaves it open: as it was chosen before, or chosen now, from the
 * memory that is there and the images to train on.
 *
 * @param samples counts the images to train on, when it is asked for
 * @throws INVALID_CONFIG when there is no memory for one step
 */
export async function settleBatchSize(
  recipe: Recipe,
  {
    network,
    engine,
    before,
    samples,
  }: {
    network: NetworkConfig;
    engine: EngineInfo;
    before: ChosenBatchSize | undefined;
    samples: () => Promise<number>;
  },
): Promise<SettledBatchSize> {
  const { batchSize, shards = 1, mode } = recipe;
  if (batchSize !== 'auto') return { recipe: { ...recipe, batchSize }, chosen: undefined };
  const stream = streamSettings({ ...recipe, batchSize });
  const onGpu = engine.devices[0]?.startsWith('GPU') ?? false;
  const chosen =
    before ??
    chooseBatchSize({
      memory: estimateTrainingMemory(network, recipe.optimizer),
      availableBytes: availableBytes(engine),
      devices: onGpu ? engine.shardDevices.length : 1,
      samples: mode === 'stream' ? stream.warmUp.samples : await samples(),
      unit: leastCommonMultiple(mode === 'stream' ? stream.replayedPerArrival + 1 : 1, shards > 1 ? 2 * shards : 1),
    });
  const settled = { ...recipe, batchSize: chosen.size };
  // The group of an arrival and those replayed with it stays what it is, however many groups a step has.
  const { replayedPerArrival } = stream;
  return {
    recipe: mode === 'stream' ? { ...settled, stream: { ...recipe.stream, replayedPerArrival } } : settled,
    chosen,
  };
}

/** What the engine's device, or this process and its cgroup, have left. */
function availableBytes(engine: EngineInfo): number {
  const gpu = engine.devices[0]?.startsWith('GPU') ? pinnedGpu(listGpus()) : undefined;
  const bytes = gpu?.memoryBytes ?? process.availableMemory();
  return engine.kind === 'portable' ? Math.min(bytes, PORTABLE_BYTES) : bytes;
}

/** Labelled images to train on, once there are some and no more come. */
export async function countTrainingSamples(index: SampleIndex, signal: AbortSignal): Promise<number> {
  await index.caughtUp;
  for (;;) {
    const count = index.labelled('SPLIT_TRAIN').length;
    if (signal.aborted || (count > 0 && index.idleMs > IDLE_MS)) return count;
    await index.changed(IDLE_MS / 2, signal);
  }
}

function leastCommonMultiple(a: number, b: number): number {
  let [divisor, rest] = [a, b];
  while (rest > 0) [divisor, rest] = [rest, divisor % rest];
  return (a / divisor) * b;
}
