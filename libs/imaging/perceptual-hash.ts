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
  const [columns, rows] = [areasAlong(width), areasAlong(height)];
  const means = new Float64Array(SIDE * SIDE);
  const luma = channels === 1 ? undefined : new Float64Array(width);
  const greys = luma ? undefined : new GreySums(data, width);
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width * channels, (y + 1) * width * channels);
    // BT.601, as grey pictures are made of colour ones.
    if (luma)
      for (let x = 0; x < width; x++) luma[x] = 0.299 * row[3 * x]! + 0.587 * row[3 * x + 1]! + 0.114 * row[3 * x + 2]!;
    const [firstRow, lastRow] = [Math.floor((y * SIDE) / height), Math.ceil(((y + 1) * SIDE) / height) - 1];
    for (let at = 0; at < SIDE; at++) {
      const mean = luma ? meanOver(luma, columns[at]!) : greys!.meanOver(row, y * width, columns[at]!);
      for (let area = firstRow; area <= lastRow; area++) means[area * SIDE + at]! += mean * shareOf(rows[area]!, y);
    }
  }
  const [low, high] = [Math.min(...means), Math.max(...means)];
  return Uint8Array.from(means, (mean) => (high > low ? Math.round((255 * (mean - low)) / (high - low)) : 0));
}

/** Root mean square difference of two perceptual hashes: 0 for the same, up to 255. */
export function perceptualDistance(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index]! - b[index]!) ** 2;
  return Math.sqrt(sum / a.length);
}

/** One of the equal areas along a side, in pixels: from the middle of one to the middle of another. */
interface Area {
  from: number;
  to: number;
}

const areasAlong = (sizePx: number): Area[] =>
  Array.from({ length: SIDE }, (_, area) => ({ from: (area * sizePx) / SIDE, to: ((area + 1) * sizePx) / SIDE }));

/** Of an area, the share that a pixel covers. */
const shareOf = ({ from, to }: Area, pixel: number): number =>
  Math.max(0, Math.min(to, pixel + 1) - Math.max(from, pixel)) / (to - from);

/** Mean of a line over an area; pixels at its ends count by the part that lies in it. */
function meanOver(line: Float64Array, { from, to }: Area): number {
  const [first, end] = [Math.floor(from), Math.ceil(to)];
  let sum = 0;
  for (let x = first; x < end; x++) sum += line[x]!;
  sum -= (from - first) * line[first]! + (end - to) * line[end - 1]!;
  return sum / (to - from);
}

/** The same of greys as they are, whose sums are whole numbers until the ends are taken off. */
class GreySums {
  readonly #data: Uint8Array;
  /** Four neighbours in each number; none where rows do not begin with one. */
  readonly #fours: Uint32Array;

  constructor(data: Uint8Array, width: number) {
    this.#data = data;
    const isEven = data.byteOffset % 4 === 0 && width % 4 === 0 && width <= MAX_WIDTH;
    this.#fours = new Uint32Array(data.buffer, isEven ? data.byteOffset : 0, isEven ? data.length >> 2 : 0);
  }

  /** @param start of the row */
  meanOver(row: Uint8Array, start: number, { from, to }: Area): number {
    const [first, end] = [Math.floor(from), Math.ceil(to)];
    const whole = this.#sum(start + first, start + end);
    return (whole - ((from - first) * row[first]! + (end - to) * row[end - 1]!)) / (to - from);
  }

  #sum(first: number, end: number): number {
    if (first % 4 === 0 && end % 4 === 0 && this.#fours.length > 0)
      return sumOfFours(this.#fours, first >> 2, end >> 2);
    let sum = 0;
    for (let at = first; at < end; at++) sum += this.#data[at]!;
    return sum;
  }
}

/** So wide that the sums of an area's row fit sixteen bits: half of its greys in each of two lanes. */
const MAX_WIDTH = SIDE * 512;

function sumOfFours(fours: Uint32Array, first: number, end: number): number {
  let lanes = 0;
  for (let at = first; at < end; at++) {
    const four = fours[at]!;
    lanes += (four & 0x00ff00ff) + ((four >>> 8) & 0x00ff00ff);
  }
  return (lanes & 0xffff) + (lanes >>> 16);
}
