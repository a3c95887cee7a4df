import { decodeImage, type DecodeLimits } from './decode/decode-image.js';
import type { CompiledTransform } from './transforms/compile.js';
import type { PreparedImage } from './transforms/prepare.js';

/**
 * Decodes a file and does everything of a transform that needs no random numbers. The calling thread is busy meanwhile.
 *
 * @throws IMAGE_* for what decoding refuses
 */
export async function prepareFile(
  bytes: Uint8Array,
  transform: CompiledTransform,
  limits: DecodeLimits = {},
): Promise<PreparedImage> {
  return transform.prepare(await decodeImage(bytes, { ...limits, mayHalve: (original) => transform.halves(original) }));
}
