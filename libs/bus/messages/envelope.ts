import { createHash } from 'node:crypto';
import type { Codec } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { HeaderName, type Headers } from './headers.js';

/** SHA-256, lower-case hexadecimal. */
export const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** Headers that say what the bytes are, so that a receiver can refuse damaged or foreign ones. */
export const contentHeaders = (typeName: string, payload: Uint8Array): Record<string, string> => ({
  [HeaderName.SCHEMA]: typeName,
  [HeaderName.CONTENT_HASH]: sha256(payload),
});

/**
 * Decodes a message after checking that it is of the codec's schema and that its bytes are those that were sent.
 *
 * @throws MESSAGE_INVALID for another schema or undecodable bytes, HASH_MISMATCH for damaged ones
 */
export function openMessage<O>(codec: Codec<never, O>, payload: Uint8Array, headers: Headers): O {
  const schema = headers.get(HeaderName.SCHEMA);
  if (schema !== codec.typeName) {
    throw new SulcusError(
      'MESSAGE_INVALID',
      `Expected a ${codec.typeName} message, received ${schema === undefined ? 'one without a schema header' : schema}`,
    );
  }
  const expected = headers.get(HeaderName.CONTENT_HASH);
  const actual = sha256(payload);
  if (expected !== actual) {
    throw new SulcusError('HASH_MISMATCH', `The ${codec.typeName} message's bytes are not those that were sent`, {
      details: { expected: expected ?? '', actual },
    });
  }
  return codec.decode(payload);
}
