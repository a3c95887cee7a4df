import { SulcusError } from '#libs/errors';
import type { ReadableBody } from './bodies.js';

/** The whole body of a request that is short. @throws INVALID_ARGUMENT for one that is longer; as its body */
export async function readBody(body: ReadableBody, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body.chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes)
      throw new SulcusError('INVALID_ARGUMENT', `The body has more than ${maxBytes} bytes`, { details: { maxBytes } });
    chunks.push(chunk);
    body.hold?.(bytes);
  }
  return Buffer.concat(chunks);
}
