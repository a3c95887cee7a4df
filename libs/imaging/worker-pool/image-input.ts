import { SulcusError } from '#libs/errors';
import type { TransformReference } from './transform-reference.js';

/**
 * How an image of a request comes: as a file's bytes, or as `[height, width, channel]` at the network's size, 0-255.
 */
export type InputFormat = 'encoded' | 'uint8' | 'float32';

/** One image of a request. */
export interface ImageInput {
  format: InputFormat;
  /** File, bytes of the pixels, or their little-endian 32-bit floats. */
  bytes: Uint8Array;
  /** What an encoded image goes through instead of the version's own transform: another view of it. */
  transform?: TransformReference;
}

/** One image, ready for the network. */
export interface PreparedInput {
  /** SHA-256 of the image as it came, lower-case hexadecimal. */
  sampleId: string;
  /** `[height, width, channel]`, 0-255. */
  pixels: Uint8Array;
  /** Hash, decode and transform. */
  prepareMs: number;
}

/**
 * Pixels as the network takes them. Floats are rounded to the nearest whole value.
 *
 * @param bytes of floats must start at a multiple of four
 * @throws INVALID_ARGUMENT for a value that is not between 0 and 255, NaN included
 */
export function toPixels(bytes: Uint8Array, format: 'uint8' | 'float32'): Uint8Array {
  if (format === 'uint8') return bytes;
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const wrong = values.findIndex((value) => !(value >= 0 && value <= 255));
  if (wrong >= 0)
    throw new SulcusError('INVALID_ARGUMENT', `Value ${wrong} of the image is ${values[wrong]}: pixels are 0 to 255`);
  return Uint8Array.from(values, Math.round);
}
