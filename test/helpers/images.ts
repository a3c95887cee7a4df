import { encodeImage } from '#libs/imaging';
import { createRandom } from '#libs/random';

export interface NoiseOptions {
  format?: 'jpeg' | 'png';
  width?: number;
  height?: number;
}

/** A grey file of noise, which does not compress; every seed is a different image. */
export async function noiseImage(
  seed: number,
  { format = 'jpeg', width = 24, height = 24 }: NoiseOptions = {},
): Promise<Buffer> {
  const random = createRandom('noise', seed);
  const data = Uint8Array.from({ length: width * height }, () => random.integer(0, 255));
  return encodeImage({ width, height, channels: 1, data }, format);
}
