import { createHash } from 'node:crypto';
import { startEngine, type Engine, type EngineOptions } from '#libs/engine';
import {
  initialState,
  namedDevices,
  TrainingSession,
  type NetworkConfig,
  type NetworkState,
  type OptimizerConfig,
  type TrainingConfig,
} from '#libs/nn';

/** Shards of a step. */
export const SHARDS = 4;

const SIZE_PX = 32;
const CLASSES = 4;

/** A training in shards; the devices are left open. */
export interface ShardedTraining {
  readonly network: NetworkConfig;
  readonly optimizer: OptimizerConfig;
  readonly training?: TrainingConfig;
  /** Images of each step. */
  readonly rows: readonly number[];
}

/** A network for grey images of 32x32 pixels. */
export const smallNetwork = (
  architecture: string,
  precision: NetworkConfig['precision'] = 'float32',
): NetworkConfig => ({
  architecture,
  classes: CLASSES,
  input: { height: SIZE_PX, width: SIZE_PX, channels: 1 },
  normalize: { mean: [0.5], std: [0.25] },
  precision,
});

/** Images of one step, a function of its number and their count: noise, brighter from class to class. */
export function batchOf(step: number, count: number): { pixels: Uint8Array; labels: Int32Array; count: number } {
  const size = SIZE_PX * SIZE_PX;
  const labels = Int32Array.from({ length: count }, (_, row) => (step + row) % CLASSES);
  const pixels = Uint8Array.from({ length: count * size }, (_, index) => {
    const row = Math.floor(index / size);
    return ((Math.imul(index + step * 7919, 2654435761) >>> 25) + labels[row]! * 30) & 255;
  });
  return { pixels, labels, count };
}

/** SHA-256 of names and values, hexadecimal. */
export function hashOf(...states: readonly NetworkState[]): string {
  const sha = createHash('sha256');
  for (const [name, { data }] of states.flatMap((state) => [...state]))
    sha.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return sha.digest('hex');
}

/**
 * An engine on these devices, over which shards are spread.
 *
 * @param devices as SULCUS_DEVICES says it
 */
export async function startOn(devices: string, options: EngineOptions = {}): Promise<Engine> {
  const before = process.env['SULCUS_DEVICES'];
  process.env['SULCUS_DEVICES'] = devices;
  try {
    return await startEngine({ kind: 'tensorflow', maxDevices: SHARDS, label: 'shards', ...options });
  } finally {
    if (before === undefined) delete process.env['SULCUS_DEVICES'];
    else process.env['SULCUS_DEVICES'] = before;
  }
}

/** Trains on an engine's devices: the hash of all weights, statistics and slots in the end. */
export async function trainOn(
  engine: Engine,
  { network, optimizer, training, rows }: ShardedTraining,
): Promise<string> {
  const session = await TrainingSession.create(
    engine,
    network,
    optimizer,
    { weights: initialState(network, 1) },
    { seed: 3, ...training, sharding: { count: SHARDS, devices: namedDevices(engine.info.shardDevices) } },
  );
  for (const [step, count] of rows.entries()) await session.trainStep(batchOf(step, count));
  const { weights, optimizer: slots } = await session.readState();
  await session.close();
  return hashOf(weights, slots);
}
