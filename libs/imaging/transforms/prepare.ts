import { createRandom } from '#libs/random';
import { withChannels } from '../channels.js';
import { contourWindow, type ContourWindow, type UncroppedReason } from '../contour/contour-window.js';
import type { RasterImage, Size } from '../image.js';
import { drawOps, type DrawnOp } from './draw.js';
import { foldGeometry, type Warp } from './geometry.js';
import { resample } from './resample.js';
import { isRandom, type TransformOp, type TransformSpec } from './spec.js';

/** An image with everything done that draws no random numbers: what is worth keeping between epochs. */
export interface PreparedImage {
  readonly image: RasterImage;
  /** Size that the remaining ops are drawn for; `image` may be a shrunk copy of it. */
  readonly canvas: Size;
  /** Why a crop to the head left the image whole, where it did. */
  readonly uncropped?: UncroppedReason;
}

/** The ops before the first random one, which are done once, and the rest. */
export interface SplitOps {
  readonly fixed: readonly TransformOp[];
  readonly random: readonly TransformOp[];
}

export function splitAtFirstRandom(ops: readonly TransformOp[]): SplitOps {
  const first = ops.findIndex(isRandom);
  return first < 0 ? { fixed: ops, random: [] } : { fixed: ops.slice(0, first), random: ops.slice(first) };
}

/**
 * Crops to the head, converts the channels, does the fixed ops exactly, and shrinks images much larger than the random
 * ops can show.
 */
export function prepareImage(
  image: RasterImage & { readonly original?: Size },
  spec: TransformSpec,
  ops: SplitOps,
): PreparedImage {
  const { window, uncropped, rest } = cropToHead(image, ops.fixed);
  let prepared = withChannels(window ? crop(image, window) : image, spec.channels);
  let canvas = image.original && ops.fixed.length === 0 ? image.original : sizeOf(prepared);
  const side = usefulSide(ops.random);
  const drawn = drawFixed(rest, prepared);
  drawn.forEach((op, index) => {
    const isLast = index === drawn.length - 1;
    // The warp of the random ops enlarges too: pixels that are interpolated twice are blurred.
    if (!(isLast && side !== undefined && enlarges(op, prepared))) prepared = applyFixed(prepared, op);
    canvas = op.kind === 'resize' ? sizeOf(op) : sizeOf(prepared);
  });
  while (halvesFirst(prepared, spec, ops)) prepared = halve(prepared);
  if (side !== undefined) prepared = shrinkTo(prepared, side);
  return { image: prepared, canvas, ...(uncropped && { uncropped }) };
}

/** The geometry of a transform's evaluation form for an image: where each pixel of the network's input comes from. */
export function evaluationWarp(image: RasterImage, spec: TransformSpec): Warp {
  const { window, rest } = cropToHead(image, spec.eval);
  const ops: DrawnOp[] = window ? [{ kind: 'crop', ...window }, ...drawFixed(rest, window)] : drawFixed(rest, image);
  return foldGeometry(ops, image, image);
}

/** The window of a crop to the head, when the ops begin with one that finds a head, and the ops after it. */
function cropToHead(
  image: RasterImage,
  ops: readonly TransformOp[],
): { window?: ContourWindow; uncropped?: UncroppedReason; rest: readonly TransformOp[] } {
  const [first, ...rest] = ops;
  if (first?.op !== 'contourCrop') return { rest: ops };
  const { uncropped, ...window } = contourWindow(image, first);
  return uncropped ? { uncropped, rest } : { window, rest };
}

const drawFixed = (ops: readonly TransformOp[], size: Size): DrawnOp[] =>
  drawOps(ops, size, createRandom('fixed ops draw nothing'));

const sizeOf = ({ width, height }: Size): Size => ({ width, height });

const enlarges = (op: DrawnOp, { width, height }: Size): boolean =>
  op.kind === 'resize' && op.width >= width && op.height >= height;

function applyFixed(image: RasterImage, op: DrawnOp): RasterImage {
  if (op.kind === 'resize') return resample(image, op.width, op.height);
  if (op.kind === 'crop') return crop(image, op);
  throw new Error(`${op.kind} is not a fixed op`);
}

function crop(image: RasterImage, window: Size & { left: number; top: number }): RasterImage {
  const { width, height, left, top } = window;
  const { channels } = image;
  const data = new Uint8Array(width * height * channels);
  const from = Math.max(0, left);
  const to = Math.min(image.width, left + width);
  for (let y = Math.max(0, top); y < Math.min(image.height, top + height) && from < to; y++) {
    const row = y * image.width;
    data.set(
      image.data.subarray((row + from) * channels, (row + to) * channels),
      ((y - top) * width + from - left) * channels,
    );
  }
  return { width, height, channels, data };
}

/** Below this factor shrinking saves little and costs sharpness. */
const MIN_SHRINK = 1.25;

/**
 * Length of the shorter side above which pixels are lost on the random ops anyway: the smallest window that a resized
 * crop takes is then about as large as what it is stretched to. Undefined when an op counts the image's own pixels.
 */
function usefulSide(ops: readonly TransformOp[]): number | undefined {
  for (const op of ops) {
    if (op.op === 'randomResizedCrop') return Math.ceil(Math.max(op.height, op.width) / Math.sqrt(op.areaScale[0]));
    if (op.op === 'resize') return Math.max(op.height, op.width);
    if (op.op === 'resizeShorterSide') return op.size;
    if (op.op === 'randomCrop' || op.op === 'centerCrop') return undefined;
  }
  return undefined;
}

/**
 * Whether an image of this size is halved before anything else: the transform asks for it, there is nothing else to do
 * first, and one pixel stays for every pixel of the output. Odd sides are not halved: the scale would not be exact.
 */
export function halvesFirst(
  { width, height }: Size,
  { shrink, outputWidth, outputHeight }: TransformSpec,
  { fixed, random }: SplitOps,
): boolean {
  const isEven = width % 2 === 0 && height % 2 === 0;
  return (
    shrink === 'halve' &&
    isEven &&
    fixed.length === 0 &&
    usefulSide(random) !== undefined &&
    Math.min(width, height) >= 2 * Math.max(outputWidth, outputHeight)
  );
}

/** Means of 2 x 2 pixels, halves rounded up; sides are even. */
function halve({ width, height, channels, data }: RasterImage): RasterImage {
  const rowBytes = width * channels;
  const output = new Uint8Array(data.length / 4);
  for (let y = 0, o = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      for (let c = 0, i = y * rowBytes + x * channels; c < channels; c++, i++)
        output[o++] = (data[i]! + data[i + channels]! + data[i + rowBytes]! + data[i + rowBytes + channels]! + 2) >> 2;
    }
  }
  return { width: width / 2, height: height / 2, channels, data: output };
}

function shrinkTo(image: RasterImage, side: number): RasterImage {
  const factor = Math.min(image.width, image.height) / side;
  return factor < MIN_SHRINK
    ? image
    : resample(image, Math.round(image.width / factor), Math.round(image.height / factor));
}
