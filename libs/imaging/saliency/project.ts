import type { RasterImage } from '../image.js';
import { invert } from '../transforms/affine.js';
import { evaluationWarp } from '../transforms/prepare.js';
import type { TransformSpec } from '../transforms/spec.js';

/** Values over the input of a network, in cells wider than its pixels. */
export interface HeatMap {
  readonly width: number;
  readonly height: number;
  /** [height, width], of any range. */
  readonly data: Float32Array;
  /** Cell i is centred on coordinate `centerPx + i · stridePx` of the network's input, rows and columns alike. */
  readonly grid: { readonly stridePx: number; readonly centerPx: number };
}

/**
 * Lays a heat map over the image that a network saw through the evaluation form of a transform: every pixel is followed
 * through crop and resize to its place in the network's input and takes the bilinear value of the cells around it.
 *
 * @returns [height, width, 1] of the image's size: 0 where the value is not positive and outside of what the network
 * saw, 255 at the map's largest value
 */
export function projectHeatMap(image: RasterImage, heatMap: HeatMap, spec: TransformSpec): RasterImage {
  const { width, height } = image;
  const data = new Uint8Array(width * height);
  const peak = heatMap.data.reduce((largest, value) => Math.max(largest, value), 0);
  if (peak > 0) {
    const { toSource, width: inputWidth, height: inputHeight } = evaluationWarp(image, spec);
    // Evaluation neither turns nor shears, so a row of the image is a row of the input.
    const toInput = invert(toSource);
    const columns = axisCells(width, toInput.xx, toInput.x0, inputWidth, heatMap.width, heatMap.grid);
    const rows = axisCells(height, toInput.yy, toInput.y0, inputHeight, heatMap.height, heatMap.grid);
    for (let y = rows.from; y < rows.to; y++) {
      const upper = rows.cell[y]! * heatMap.width;
      const lower = rows.next[y]! * heatMap.width;
      const down = rows.fraction[y]!;
      for (let x = columns.from; x < columns.to; x++) {
        const [left, right, across] = [columns.cell[x]!, columns.next[x]!, columns.fraction[x]!];
        const above = heatMap.data[upper + left]! * (1 - across) + heatMap.data[upper + right]! * across;
        const below = heatMap.data[lower + left]! * (1 - across) + heatMap.data[lower + right]! * across;
        data[y * width + x] = Math.max(0, Math.round((255 * (above * (1 - down) + below * down)) / peak));
      }
    }
  }
  return { width, height, channels: 1, data };
}

/**
 * For the pixels of one axis from `from` to before `to`, which the network saw: the cell at or before, the one after,
 * and how far between.
 */
interface AxisCells {
  from: number;
  to: number;
  cell: Int32Array;
  next: Int32Array;
  fraction: Float64Array;
}

/** @param scale, offset pixel coordinate to input coordinate */
function axisCells(
  pixels: number,
  scale: number,
  offset: number,
  inputSize: number,
  cells: number,
  { stridePx, centerPx }: HeatMap['grid'],
): AxisCells {
  const axis: AxisCells = {
    from: pixels,
    to: 0,
    cell: new Int32Array(pixels),
    next: new Int32Array(pixels),
    fraction: new Float64Array(pixels),
  };
  for (let pixel = 0; pixel < pixels; pixel++) {
    const input = scale * (pixel + 0.5) + offset;
    if (input < 0 || input >= inputSize) continue;
    axis.from = Math.min(axis.from, pixel);
    axis.to = pixel + 1;
    // Beyond the outermost centres the outermost cells continue.
    const position = Math.min(cells - 1, Math.max(0, (input - centerPx) / stridePx));
    const cell = Math.floor(position);
    axis.cell[pixel] = cell;
    axis.next[pixel] = Math.min(cells - 1, cell + 1);
    axis.fraction[pixel] = position - cell;
  }
  return axis;
}
