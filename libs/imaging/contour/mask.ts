import type { RasterImage } from '../image.js';

/** Cells around a mask on every side: windows of 5 x 5 and a walk along an edge need no checks. */
export const MASK_BORDER = 2;

/** A picture of zeros and ones with a border of {@link MASK_BORDER} cells; rows are `stride` cells apart. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly cells: Uint8Array;
}

function emptyMask(width: number, height: number, fill: 0 | 1): Mask {
  const stride = width + 2 * MASK_BORDER;
  return { width, height, stride, cells: new Uint8Array(stride * (height + 2 * MASK_BORDER)).fill(fill) };
}

/**
 * One where the grey level, blurred by OpenCV's 3 x 3 Gaussian (weights 1 2 1 by 1 2 1, rounded), lies above the
 * threshold.
 */
export function brightMask(image: RasterImage, thresholdLevel: number): Mask {
  const { width, height } = image;
  const grey = image.channels === 1 ? image.data : greyOf(image.data);
  const rows = sumRows(grey, width, height);
  const mask = emptyMask(width, height, 1);
  // Rounded sum / 16 > threshold, in whole numbers.
  const least = 16 * (thresholdLevel + 1) - 8;
  for (let y = 0; y < height; y++) {
    const here = y * width;
    const above = mirrored(y - 1, height) * width;
    const below = mirrored(y + 1, height) * width;
    const out = (y + MASK_BORDER) * mask.stride + MASK_BORDER;
    for (let x = 0; x < width; x++)
      mask.cells[out + x] = rows[above + x]! + 2 * rows[here + x]! + rows[below + x]! >= least ? 1 : 0;
  }
  return mask;
}

/** `left + 2 * centre + right` of every pixel. */
function sumRows(grey: Uint8Array, width: number, height: number): Uint16Array {
  const sums = new Uint16Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 1; x < width - 1; x++) sums[row + x] = grey[row + x - 1]! + 2 * grey[row + x]! + grey[row + x + 1]!;
    for (const x of [0, width - 1])
      sums[row + x] = grey[row + mirrored(x - 1, width)]! + 2 * grey[row + x]! + grey[row + mirrored(x + 1, width)]!;
  }
  return sums;
}

/** Beyond an edge the image is its mirror image, without the edge itself (OpenCV's BORDER_REFLECT_101). */
const mirrored = (at: number, size: number): number =>
  size === 1 ? 0 : at < 0 ? -at : at >= size ? 2 * size - 2 - at : at;

/** BT.601 luma as OpenCV rounds it: Pillow's differs by one level now and then. */
function greyOf(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let i = 0, j = 0; i < grey.length; i++, j += 3)
    grey[i] = (rgb[j]! * 9798 + rgb[j + 1]! * 19235 + rgb[j + 2]! * 3735 + 16384) >> 15;
  return grey;
}

/**
 * Erodes twice, then dilates twice, by 3 x 3: specks and lines thinner than 5 pixels vanish. Twice 3 x 3 is once 5 x 5;
 * what lies outside of the image counts for neither. The border of the result is zero.
 *
 * @param mask with a border of ones, as {@link brightMask} makes it; overwritten
 */
export function openMask(mask: Mask): Mask {
  const { width, height, stride, cells } = mask;
  const first = MASK_BORDER * stride + MASK_BORDER;
  const last = first + (height - 1) * stride + width - 1;
  const passing = new Uint8Array(cells.length).fill(1);
  for (let i = first; i <= last; i++)
    passing[i] = cells[i - 2]! & cells[i - 1]! & cells[i]! & cells[i + 1]! & cells[i + 2]!;
  clearBorder(mask);
  for (let y = 0, i = first; y < height; y++, i += stride - width) {
    for (let x = 0; x < width; x++, i++)
      cells[i] =
        passing[i - 2 * stride]! & passing[i - stride]! & passing[i]! & passing[i + stride]! & passing[i + 2 * stride]!;
  }
  passing.fill(0);
  for (let i = first; i <= last; i++)
    passing[i] = cells[i - 2]! | cells[i - 1]! | cells[i]! | cells[i + 1]! | cells[i + 2]!;
  for (let y = 0, i = first; y < height; y++, i += stride - width) {
    for (let x = 0; x < width; x++, i++)
      cells[i] =
        passing[i - 2 * stride]! | passing[i - stride]! | passing[i]! | passing[i + stride]! | passing[i + 2 * stride]!;
  }
  return mask;
}

function clearBorder({ width, height, stride, cells }: Mask): void {
  cells.fill(0, 0, MASK_BORDER * stride);
  cells.fill(0, (MASK_BORDER + height) * stride);
  for (let y = 0, i = MASK_BORDER * stride; y < height; y++, i += stride) {
    cells.fill(0, i, i + MASK_BORDER);
    cells.fill(0, i + MASK_BORDER + width, i + stride);
  }
}
