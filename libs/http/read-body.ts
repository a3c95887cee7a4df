import type { IncomingMessage } from 'node:http';
import { SulcusError } from '#libs/errors';

/** The whole body of a request that is short. @throws INVALID_ARGUMENT for one that is longer */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes)
      throw new SulcusError('INVALID_ARGUMENT', `The body has more than ${maxBytes} bytes`, { details: { maxBytes } });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
