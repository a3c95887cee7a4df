import type { Engine } from '#libs/engine';
import { initialState, namedDevices, TrainingSession } from '#libs/nn';
import { randomBatch } from './images.js';
import { networkConfig, type NetworkOptions } from './options.js';

/** Loads a network with Adam and random images; the result makes one training step on them. */
export async function prepareTraining(
  engine: Engine,
  { shards = 1, ...options }: NetworkOptions & { shards?: number },
): Promise<() => Promise<unknown>> {
  const config = networkConfig(options);
  const devices = namedDevices(engine.info.shardDevices);
  const session = await TrainingSession.create(
    engine,
    config,
    { name: 'adam', learningRate: 1e-4 },
    { weights: initialState(config, 1) },
    shards > 1 ? { sharding: { count: shards, devices } } : {},
  );
  const batch = randomBatch(options, config.classes);
  return () => session.trainStep(batch);
}
