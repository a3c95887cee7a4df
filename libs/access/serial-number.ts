import { randomBytes } from 'node:crypto';

/**
 * A new serial number of a certificate (RFC 5280 section 4.1.2.2) in hexadecimal.
 *
 * @param random 16 bytes, of which 126 bits are used
 */
export function serialNumber(random: Buffer = randomBytes(16)): string {
  const bytes = Buffer.from(random);
  // The first bit is 0: it is positive. The second is 1: a leading byte of zeros is padding, which OpenSSL refuses.
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toString('hex');
}
