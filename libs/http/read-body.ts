import { SulcusError } from '#libs/errors';
import { GatheredBytes } from '#libs/memory';
import type { ReadableBody } from './bodies.js';

/** The whole body of a request that is short. @throws INVALID_ARGUMENT for one that is longer; as its body */
export async function readBody(body: ReadableBody, maxBytes: number): Promise<Buffer> {
  const gathered = new GatheredBytes();
  for await (const chunk of body.chunks) {
    if (gathered.length + chunk.length > maxBytes)
      throw new SulcusError('INVALID_ARGUMENT', `The body has more than ${maxBytes} bytes`, { details: { maxBytes } });
    gathered.add(chunk);
    body.hold?.(gathered.length);
  }
  return gathered.take();
}
