import type { RasterImage } from './image.js';

/** True when every pixel has R = G = B: a grey image stored as colour. Stops at the first coloured pixel. */
export function isGrey(rgb: Uint8Array): boolean {
  for (let i = 0; i < rgb.length; i += 3) {
    if (rgb[i] !== rgb[i + 1] || rgb[i] !== rgb[i + 2]) return false;
  }
  return true;
}

/** The first of three interleaved channels. */
export function firstChannel(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let i = 0, j = 0; i < grey.length; i++, j += 3) grey[i] = rgb[j]!;
  return grey;
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
export const lumaOf = (red: number, green: number, blue: number): number => (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;

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
