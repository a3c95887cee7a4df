import { endianness } from 'node:os';
import type { RasterImage } from './image.js';

/**
 * The one channel of an image in which every pixel has R = G = B: a grey image stored as colour.
 *
 * @returns undefined at the first coloured pixel
 */
export function greyChannel(rgb: Uint8Array): Uint8Array | undefined {
  const pixels = rgb.length / 3;
  const grey = new Uint8Array(pixels);
  const inWords = LITTLE_ENDIAN && rgb.byteOffset % 4 === 0 ? pixels - (pixels % 4) : 0;
  if (!greyWords(rgb, grey, inWords / 4)) return undefined;
  for (let i = inWords, j = 3 * inWords; i < pixels; i++, j += 3) {
    const level = rgb[j]!;
    if (level !== rgb[j + 1] || level !== rgb[j + 2]) return undefined;
    grey[i] = level;
  }
  return grey;
}

const LITTLE_ENDIAN = endianness() === 'LE';

/** Four pixels, three words of RGB, become one word of grey (little-endian); false at the first word with colour. */
function greyWords(rgb: Uint8Array, grey: Uint8Array, words: number): boolean {
  const source = new Int32Array(rgb.buffer, words > 0 ? rgb.byteOffset : 0, 3 * words);
  const target = new Int32Array(grey.buffer, 0, words);
  for (let i = 0, j = 0; i < words; i++, j += 3) {
    const first = source[j]!;
    const second = source[j + 1]!;
    const third = source[j + 2]!;
    const a = first & 255;
    const b = first >>> 24;
    const c = second >>> 24;
    const d = third >>> 24;
    const differs =
      (first ^ (Math.imul(a, 0x010101) | (b << 24))) |
      (second ^ (Math.imul(b, 0x0101) | Math.imul(c, 0x01010000))) |
      (third ^ (c | Math.imul(d, 0x01010100)));
    if (differs !== 0) return false;
    target[i] = a | (b << 8) | (c << 16) | (d << 24);
  }
  return true;
}

/**
 * The image with the wanted number of channels: itself, luma of R, G, B (ITU-R BT.601 in the integer form of Pillow's
 * `convert('L')`), or grey three times.
 */
export function withChannels(image: RasterImage, channels: 1 | 3): RasterImage {
  if (image.channels === channels) return image;
  const { width, height } = image;
  return { width, height, channels, data: channels === 1 ? luma(image.data) : replicate(image.data) };
}

/** BT.601 luma of one pixel, 0-255: `(19595 R + 38470 G + 7471 B + 2^15) / 2^16`. */
export const lumaOf = (red: number, green: number, blue: number): number =>
  (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;

function luma(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let i = 0, j = 0; i < grey.length; i++, j += 3) grey[i] = lumaOf(rgb[j]!, rgb[j + 1]!, rgb[j + 2]!);
  return grey;
}

function replicate(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  for (let i = 0, j = 0; i < grey.length; i++, j += 3) rgb[j] = rgb[j + 1] = rgb[j + 2] = grey[i]!;
  return rgb;
}
