import type { RasterImage } from './image.js';

/** Side of the thumbnail. */
const SIDE = 16;

/**
 * Root mean square difference up to which two hashes are of one picture. Real MR slices saved again as JPEG (quality 30
 * and up), WebP or in another size (half to one and a half) stay within; neighbouring slices and phantoms of different
 * patients are farther apart (docs/learning-from-a-stream.md).
 */
export const SAME_PICTURE_DISTANCE = 6;

/**
 * What a picture looks like, whatever its file: brightness of 16 x 16 equal areas, as 256 bytes from the darkest to the
 * brightest. The same picture in another size, quality or format has nearly the same.
 *
 * @returns row-major; all 0 for a picture of one brightness
 */
export function perceptualHash({ width, height, channels, data }: RasterImage): Uint8Array {
  const [columns, rows] = [coverage(width), coverage(height)];
  const means = new Float64Array(SIDE * SIDE);
  const line = new Float64Array(SIDE);
  for (let y = 0; y < height; y++) {
    line.fill(0);
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels;
      // Luma of BT.601, as grey pictures are made of colour ones.
      const value = channels === 1 ? data[at]! : 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
      for (const [area, share] of columns[x]!) line[area]! += share * value;
    }
    for (const [area, share] of rows[y]!)
      for (let column = 0; column < SIDE; column++) means[area * SIDE + column]! += share * line[column]!;
  }
  const [low, high] = [Math.min(...means), Math.max(...means)];
  return Uint8Array.from(means, (mean) => (high > low ? Math.round((255 * (mean - low)) / (high - low)) : 0));
}

/** Root mean square difference of two perceptual hashes: 0 for the same, up to 255. */
export function perceptualDistance(a: Uint8Array, b: Uint8Array): number {
  const sum = a.reduce((total, value, index) => total + (value - b[index]!) ** 2, 0);
  return Math.sqrt(sum / a.length);
}

/** Of each pixel along a side: the areas that it lies in, with its share of their mean. */
function coverage(sizePx: number): (readonly [area: number, share: number])[][] {
  const scale = SIDE / sizePx;
  return Array.from({ length: sizePx }, (_, pixel) => {
    const [from, to] = [pixel * scale, (pixel + 1) * scale];
    const areas: [number, number][] = [];
    for (let area = Math.floor(from); area < Math.min(SIDE, to); area++) {
      const share = Math.min(to, area + 1) - Math.max(from, area);
      if (share > 0) areas.push([area, share]);
    }
    return areas;
  });
}
