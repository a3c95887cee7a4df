import { endianness } from 'node:os';
import type { StoredFrame } from './decode-frame.js';
import type { PixelModule } from './pixel-module.js';

/**
 * Words as native pixel data, little-endian, with every bit cleared that is not stored: other things can stand there.
 * A view of the words where there is nothing to clear.
 *
 * @param usedBits those that are set in any of the words
 */
export function storedBytes(
  { words }: StoredFrame,
  { bitsStored, highBit }: PixelModule,
  usedBits: number,
): Uint8Array {
  const mask = (2 ** bitsStored - 1) << (highBit + 1 - bitsStored);
  const cleared = (usedBits & ~mask) !== 0 ? words.map((word) => word & mask) : words;
  const bytes = new Uint8Array(cleared.buffer, cleared.byteOffset, cleared.byteLength);
  return words instanceof Uint16Array && endianness() === 'BE' ? Buffer.from(bytes).swap16() : bytes;
}
