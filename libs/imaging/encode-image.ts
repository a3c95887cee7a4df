import { sharp } from './decode/sharp.js';
import type { RasterImage } from './image.js';

/**
 * Encodes pixels as a file: grey images become one-component files.
 *
 * @param options.quality JPEG quality, 1-100, default 90; PNG is lossless
 */
export async function encodeImage(
  image: RasterImage,
  format: 'jpeg' | 'png',
  options: { quality?: number } = {},
): Promise<Buffer> {
  const { width, height, channels } = image;
  const pipeline = sharp(image.data, { raw: { width, height, channels } }).toColourspace(
    channels === 1 ? 'b-w' : 'srgb',
  );
  return format === 'jpeg' ? pipeline.jpeg({ quality: options.quality ?? 90 }).toBuffer() : pipeline.png().toBuffer();
}
