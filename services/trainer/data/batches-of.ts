import type { Split } from '#libs/contracts';
import type { BatchContent, BatchTransform } from './batch-exchange.js';
import type { IndexedSample } from './sample-index.js';

/** Samples that are to be answered, as the batches that they are requested in. */
export function* batchesOf<S extends Split>({
  samples,
  split,
  epoch,
  batchSize,
  transform,
}: {
  samples: readonly IndexedSample[];
  split: S;
  epoch: number;
  batchSize: number;
  /** Default: the run's. */
  transform?: BatchTransform | undefined;
}): Generator<BatchContent & { split: S }, void> {
  for (let start = 0; start < samples.length; start += batchSize)
    yield { epoch, split, samples: samples.slice(start, start + batchSize), ...(transform && { transform }) };
}
