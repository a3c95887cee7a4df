import { availableParallelism, cpus } from 'node:os';
import type { Computation } from '#libs/contracts';
import { packageVersion } from '#libs/service';
import type { EngineFacts } from '../servables/engine-facts.js';

const processor = cpus()[0]?.model.trim() ?? '';
const cores = availableParallelism();
const softwareVersion = packageVersion();

/** A row's place in the batch that it was computed in. */
export interface BatchPlace {
  batchSize: number;
  /** From 0. */
  batchRow: number;
}

/** What the numbers of a prediction on this machine depend on. @param engineThreads undefined: one per core */
export function computationOf(
  engine: EngineFacts,
  { batchSize, batchRow }: BatchPlace,
  engineThreads: number | undefined,
): Computation {
  const { precision, library, device } = engine;
  return {
    precision,
    batchSize,
    batchRow,
    engine: library,
    device,
    processor,
    engineThreads: engineThreads ?? cores,
    softwareVersion,
  };
}
