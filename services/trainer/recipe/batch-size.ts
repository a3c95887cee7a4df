import { SulcusError } from '#libs/errors';
import type { TrainingMemory } from '#libs/nn';

/** What a batch size is chosen from. */
export interface BatchSizeFacts {
  readonly memory: TrainingMemory;
  /** Memory that a step may take, on each device. */
  readonly availableBytes: number;
  /** Devices that the images of a step are spread over. */
  readonly devices: number;
  /** Training samples: of an epoch, or that a stream begins with. */
  readonly samples: number;
  /** A step has a multiple of so many images. */
  readonly unit: number;
}

/** A batch size that the trainer chose, for a recipe that leaves it open. */
export interface ChosenBatchSize {
  readonly size: number;
  /** Why, in a sentence with the figures. */
  readonly reason: string;
}

/** Larger batches take fewer steps to little avail: Masters & Luschi 2018, https://arxiv.org/abs/1804.07612. */
const MAXIMUM = 256;
/** An epoch of fewer steps than this learns too little from one pass. */
const LEAST_STEPS = 16;
/** Others need memory too: a predictor that loads a version, the file cache. */
const MEMORY_SHARE = 0.5;

/**
 * Chooses how many images a step has: of the unit, its double, and so on, the largest that fits into half of the
 * memory, leaves an epoch 16 steps, and is not above 256. Never below the unit. A function of its arguments alone.
 *
 * @throws INVALID_CONFIG when the memory holds not even the unit
 */
export function chooseBatchSize({ memory, availableBytes, devices, samples, unit }: BatchSizeFacts): ChosenBatchSize {
  const budget = availableBytes * MEMORY_SHARE - memory.fixedBytes;
  const fitting = Math.max(0, Math.floor(budget / memory.bytesPerImage)) * devices;
  const figures =
    `${mebibytes(memory.bytesPerImage)} for an image and ${mebibytes(memory.fixedBytes)} for weights, ` +
    `of ${mebibytes(availableBytes)}`;
  if (fitting < unit)
    throw new SulcusError(
      'INVALID_CONFIG',
      `batchSize "auto": there is no room for ${unit} images in a step (${figures}, half of which may be used): ` +
        'name a smaller network or input size, or a batchSize',
    );
  const byData = Math.max(unit, Math.floor(samples / LEAST_STEPS));
  const limit = Math.min(fitting, byData, Math.max(unit, MAXIMUM));
  let size = unit;
  while (2 * size <= limit) size *= 2;
  const limiting =
    limit === fitting
      ? `memory holds ${fitting}`
      : limit === byData
        ? `${samples} images to train`
        : 'more is of little use';
  return { size, reason: `${size} images a step: ${limiting} (${figures})` };
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
