import { createRandom } from '#libs/random';
import type { NetworkOptions } from './options.js';

/** Random images, [batch, size, size, 3], and classes for them. */
export function randomBatch(
  { batch, size }: Pick<NetworkOptions, 'batch' | 'size'>,
  classes: number,
): { pixels: Uint8Array; labels: Int32Array; count: number } {
  const random = createRandom(1, 'bench');
  const pixels = Uint8Array.from({ length: batch * size * size * 3 }, () => random.integer(0, 255));
  return { pixels, labels: Int32Array.from({ length: batch }, (_, index) => index % classes), count: batch };
}
