import { SulcusError } from '#libs/errors';
import { decodeImage, type DecodeLimits } from '../decode/decode-image.js';
import type { ImageFormat } from '../image.js';
import { perceptualHash } from '../perceptual-hash.js';

/** What is to be known of an image file that can be decoded. */
export interface FileDescription {
  readonly format: ImageFormat;
  /** Pixels, upright. */
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** See `perceptualHash`. */
  readonly perceptualHash: Uint8Array;
}

/**
 * Decodes a file to know what it is. The calling thread is busy meanwhile.
 *
 * @throws IMAGE_* for what decoding refuses, none of them retryable
 */
export async function describeFile(bytes: Uint8Array, limits: DecodeLimits): Promise<FileDescription> {
  try {
    const image = await decodeImage(bytes, limits);
    const { format, width, height, channels } = image;
    return { format, width, height, channels, perceptualHash: perceptualHash(image) };
  } catch (error) {
    // Whatever decoding stumbles over, it will again.
    const { code, rawMessage, retryable } = SulcusError.from(error);
    throw retryable
      ? new SulcusError('IMAGE_UNDECODABLE', `Decoding failed: ${rawMessage}`, { cause: error, details: { code } })
      : error;
  }
}
