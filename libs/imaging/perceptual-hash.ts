import { setImmediate as nextTurn } from 'node:timers/promises';
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
export function perceptualHash(image: RasterImage): Uint8Array {
  const steps = hashSteps(image);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** The same, without keeping others of the calling thread waiting: 30 million pixels take 0.1 s. */
export async function perceptualHashInTurns(image: RasterImage): Promise<Uint8Array> {
  const steps = hashSteps(image);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await nextTurn();
  }
}

/** Pixels of one step: some milliseconds. */
const PIXELS_PER_STEP = 2 ** 21;

function* hashSteps(image: RasterImage): Generator<undefined, Uint8Array, undefined> {
  const means = meansOfWholeAreas(image) ?? (yield* meansOfAreas(image));
  const [low, high] = [Math.min(...means), Math.max(...means)];
  return Uint8Array.from(means, (mean) => (high > low ? Math.round((255 * (mean - low)) / (high - low)) : 0));
}

/** Root mean square difference of two perceptual hashes: 0 for the same, up to 255. */
export function perceptualDistance(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index]! - b[index]!) ** 2;
  return Math.sqrt(sum / a.length);
}

/** So wide that the sum of an area's row fits sixteen bits: half of its greys in each of two lanes. */
const MAX_WIDTH = SIDE * 512;

/**
 * Of greys whose areas hold whole pixels, four of them at a time.
 *
 * @returns undefined for other images
 */
function meansOfWholeAreas({ width, height, channels, data }: RasterImage): Float64Array | undefined {
  const isWhole = width % (4 * SIDE) === 0 && height % SIDE === 0;
  if (!isWhole || channels !== 1 || width > MAX_WIDTH || data.byteOffset % 4 !== 0) return undefined;
  const fours = new Uint32Array(data.buffer, data.byteOffset, data.length >> 2);
  const [areaWidth, areaHeight] = [width / SIDE, height / SIDE];
  const means = new Float64Array(SIDE * SIDE);
  for (let y = 0, at = 0; y < height; y++) {
    const first = SIDE * Math.floor(y / areaHeight);
    for (let area = first; area < first + SIDE; area++) {
      let lanes = 0;
      for (const end = at + areaWidth / 4; at < end; at++) {
        const four = fours[at]!;
        lanes += (four & 0x00ff00ff) + ((four >>> 8) & 0x00ff00ff);
      }
      means[area]! += ((lanes & 0xffff) + (lanes >>> 16)) / areaWidth;
    }
  }
  return means;
}

function* meansOfAreas({ width, height, channels, data }: RasterImage): Generator<undefined, Float64Array, undefined> {
  const rowsPerStep = Math.max(1, Math.floor(PIXELS_PER_STEP / width));
  const [columns, rows] = [areasAlong(width), areasAlong(height)];
  const means = new Float64Array(SIDE * SIDE);
  const luma = channels === 1 ? undefined : new Float64Array(width);
  for (let y = 0; y < height; y++) {
    if (y % rowsPerStep === rowsPerStep - 1) yield;
    const row = data.subarray(y * width * channels, (y + 1) * width * channels);
    // BT.601, as grey pictures are made of colour ones.
    if (luma)
      for (let x = 0; x < width; x++) luma[x] = 0.299 * row[3 * x]! + 0.587 * row[3 * x + 1]! + 0.114 * row[3 * x + 2]!;
    const [firstRow, lastRow] = [Math.floor((y * SIDE) / height), Math.ceil(((y + 1) * SIDE) / height) - 1];
    for (let at = 0; at < SIDE; at++) {
      const mean = meanOver(luma ?? row, columns[at]!);
      for (let area = firstRow; area <= lastRow; area++) means[area * SIDE + at]! += mean * shareOf(rows[area]!, y);
    }
  }
  return means;
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
function meanOver(line: Float64Array | Uint8Array, { from, to }: Area): number {
  const [first, end] = [Math.floor(from), Math.ceil(to)];
  let sum = 0;
  for (let x = first; x < end; x++) sum += line[x]!;
  sum -= (from - first) * line[first]! + (end - to) * line[end - 1]!;
  return sum / (to - from);
}
