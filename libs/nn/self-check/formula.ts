import { listParameters } from '../initial-state.js';
import type { NetworkConfig } from '../network-config.js';
import { elementCount, type NetworkState } from '../state/network-state.js';

/**
 * Numbers in [0, 1) that scripts/fixtures/formula.py makes in the same way: FNV-1a of the key, then per index a 32-bit
 * mix (Murmur3's finaliser).
 */
export function uniform(key: string, count: number): Float64Array {
  let seed = 0x811c9dc5;
  for (const byte of Buffer.from(key)) seed = Math.imul(seed ^ byte, 0x01000193);
  const values = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    let mixed = (Math.imul(index, 0x9e3779b1) + seed) >>> 0;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    values[index] = ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  }
  return values;
}

/** Parameters repeat after this many values: the largest have a hundred million. */
const PERIOD = 4194301;

/** The first values are drawn, the others repeat them. */
export function repeated(key: string, count: number, map: (value: number) => number): Float32Array {
  const values = new Float32Array(count);
  values.set(uniform(key, Math.min(count, PERIOD)).map(map));
  for (let filled = PERIOD; filled < count; filled *= 2) values.copyWithin(filled, 0, Math.min(filled, count - filled));
  return values;
}

function values(name: string, shape: readonly number[]): Float32Array {
  const bound = Math.sqrt(6 / elementCount(shape.slice(1))) * (shape.length === 2 ? 0.5 : 1);
  if (shape.length > 1) return repeated(name, elementCount(shape), (value) => (2 * value - 1) * bound);
  return repeated(
    name,
    elementCount(shape),
    name.endsWith('running_var') || name.endsWith('.weight') ? (value) => 0.5 + value : (value) => 0.4 * value - 0.2,
  );
}

/** The weights of a network that is compared with another implementation's. */
export const formulaState = (config: NetworkConfig): NetworkState =>
  new Map(listParameters(config).map(({ name, shape }) => [name, { shape, data: values(name, shape) }]));

/** The bytes of such a network's images, [count, size, size, channels]. */
export const formulaPixels = (key: string, count: number, size: number, channels = 3): Uint8Array =>
  Uint8Array.from(uniform(key, count * size * size * channels), (value) => Math.floor(value * 256));

/** Such networks: 4 classes, values normalised with mean and deviation 0.5. */
export const formulaConfig = (architecture: string, size: number, channels: 1 | 3 = 3): NetworkConfig => ({
  architecture,
  classes: 4,
  input: { height: size, width: size, channels },
  normalize: { mean: [0.5], std: [0.5] },
  precision: 'float32',
});

/** The labels of their images: 0, 1, 2, 3, 0, … */
export const formulaLabels = (count: number): Int32Array => Int32Array.from({ length: count }, (_, index) => index % 4);
