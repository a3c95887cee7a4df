import type { StoredFrame } from './decode-frame.js';
import type { PixelModule } from './pixel-module.js';

/** Words as native pixel data, with every bit cleared that is not stored: other things can stand there. */
export function storedBytes(words: StoredFrame['words'], { bitsStored, highBit }: PixelModule): Uint8Array {
  const mask = (2 ** bitsStored - 1) << (highBit + 1 - bitsStored);
  if (words instanceof Uint8Array) return mask === 0xff ? new Uint8Array(words) : words.map((word) => word & mask);
  const bytes = Buffer.alloc(2 * words.length);
  for (let at = 0; at < words.length; at++) bytes.writeUInt16LE(words[at]! & mask, 2 * at);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
