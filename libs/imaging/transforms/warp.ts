import type { RasterImage } from '../image.js';
import type { Warp } from './geometry.js';

/** Source coordinates are integers with 16 fraction bits while a row is walked: sides up to 32,767 pixels. */
const FIXED_BITS = 16;
const FIXED_ONE = 1 << FIXED_BITS;

/** Columns `[from, to)` of one output row. */
interface Span {
  from: number;
  to: number;
}

/** Columns `x` of `span` with `low <= scale * (x + 0.5) + offset < high`. */
function columnsInside(span: Span, scale: number, offset: number, low: number, high: number): Span {
  const atZero = scale * 0.5 + offset;
  if (scale === 0) return atZero >= low && atZero < high ? span : { from: span.from, to: span.from };
  const [first, second] = [(low - atZero) / scale, (high - atZero) / scale];
  const from = scale > 0 ? Math.ceil(first) : Math.floor(second) + 1;
  const to = scale > 0 ? Math.ceil(second) : Math.floor(first) + 1;
  return { from: Math.max(span.from, from), to: Math.min(span.to, to) };
}

/**
 * Warps an image into `output`: one sample per output pixel, black where the warp says so, the nearest edge elsewhere
 * outside. It does not filter: shrink first when the warp shrinks by much.
 *
 * Input shape: [h, w, c]. Output shape: [warp.height, warp.width, c]. Both uint8, 0-255.
 */
export function warpImage(
  source: RasterImage,
  warp: Warp,
  interpolation: 'bilinear' | 'nearest',
  output: Uint8Array,
): void {
  const rowBytes = warp.width * source.channels;
  for (let y = 0; y < warp.height; y++) {
    const row = output.subarray(y * rowBytes, (y + 1) * rowBytes);
    const span = visibleColumns(warp, y);
    if (span.from >= span.to) {
      row.fill(0);
      continue;
    }
    row.fill(0, 0, span.from * source.channels);
    row.fill(0, span.to * source.channels);
    if (interpolation === 'nearest') nearestRow(source, warp, y, span, row);
    else bilinearRow(source, warp, y, span, row);
  }
}

function visibleColumns(warp: Warp, y: number): Span {
  let span: Span = { from: 0, to: warp.width };
  for (const { map, width, height } of warp.visible) {
    span = columnsInside(span, map.xx, map.xy * (y + 0.5) + map.x0, 0, width);
    if (span.from < span.to) span = columnsInside(span, map.yx, map.yy * (y + 0.5) + map.y0, 0, height);
    if (span.from >= span.to) break;
  }
  return span;
}

function nearestRow(source: RasterImage, { toSource: t }: Warp, y: number, span: Span, row: Uint8Array): void {
  const { width, height, channels, data } = source;
  const stepX = Math.round(t.xx * FIXED_ONE);
  const stepY = Math.round(t.yx * FIXED_ONE);
  let sourceX = Math.round((t.xx * (span.from + 0.5) + t.xy * (y + 0.5) + t.x0) * FIXED_ONE);
  let sourceY = Math.round((t.yx * (span.from + 0.5) + t.yy * (y + 0.5) + t.y0) * FIXED_ONE);
  for (let x = span.from, o = span.from * channels; x < span.to; x++, sourceX += stepX, sourceY += stepY) {
    const column = clamp(sourceX >> FIXED_BITS, width - 1);
    const line = clamp(sourceY >> FIXED_BITS, height - 1);
    for (let c = 0, i = (line * width + column) * channels; c < channels; c++) row[o++] = data[i++]!;
  }
}

const clamp = (value: number, max: number): number => (value < 0 ? 0 : value > max ? max : value);

/**
 * Bilinear with 8 fraction bits. Columns whose four neighbours all exist run without a check; the few at the edges
 * clamp. Both use the same arithmetic.
 */
function bilinearRow(source: RasterImage, { toSource: t }: Warp, y: number, span: Span, row: Uint8Array): void {
  // From here on coordinates count from the centre of the first pixel, where a bilinear fraction is zero.
  const startX = t.xy * (y + 0.5) + t.x0 - 0.5;
  const startY = t.yy * (y + 0.5) + t.y0 - 0.5;
  let inner = columnsInside(span, t.xx, startX, 0, source.width - 1);
  if (inner.from < inner.to) inner = columnsInside(inner, t.yx, startY, 0, source.height - 1);
  // One column less at each end: fixed-point steps may drift by less than a pixel.
  const from = Math.min(inner.from + 1, span.to);
  const to = Math.max(inner.to - 1, from);
  const safe = inner.from < inner.to ? { from, to } : { from: span.to, to: span.to };
  const line: Line = { startX, startY, perColumnX: t.xx, perColumnY: t.yx };
  edgeColumns(source, line, { from: span.from, to: safe.from }, row);
  if (source.channels === 1) greyColumns(source, line, safe, row);
  else colourColumns(source, line, safe, row);
  edgeColumns(source, line, { from: safe.to, to: span.to }, row);
}

/** Where a row runs through the source: `scale * (x + 0.5) + start`. */
interface Line {
  startX: number;
  startY: number;
  perColumnX: number;
  perColumnY: number;
}

/** Rounds the position to 8 fraction bits by adding half of the last one. */
const HALF_FRACTION = 1 << (FIXED_BITS - 9);
const fixedX = (line: Line, x: number): number =>
  Math.round((line.perColumnX * (x + 0.5) + line.startX) * FIXED_ONE) + HALF_FRACTION;
const fixedY = (line: Line, x: number): number =>
  Math.round((line.perColumnY * (x + 0.5) + line.startY) * FIXED_ONE) + HALF_FRACTION;

function greyColumns({ width, data }: RasterImage, line: Line, { from, to }: Span, row: Uint8Array): void {
  const stepX = Math.round(line.perColumnX * FIXED_ONE);
  const stepY = Math.round(line.perColumnY * FIXED_ONE);
  let sourceX = fixedX(line, from);
  let sourceY = fixedY(line, from);
  for (let x = from; x < to; x++) {
    const i = (Math.imul(sourceY >> FIXED_BITS, width) + (sourceX >> FIXED_BITS)) | 0;
    const j = (i + width) | 0;
    const fractionX = (sourceX >> 8) & 255;
    const fractionY = (sourceY >> 8) & 255;
    const upper = data[i]!;
    const lower = data[j]!;
    const top = ((upper << 8) + Math.imul(data[i + 1]! - upper, fractionX)) | 0;
    const bottom = ((lower << 8) + Math.imul(data[j + 1]! - lower, fractionX)) | 0;
    row[x] = ((top << 8) + Math.imul(bottom - top, fractionY) + 32768) >> 16;
    sourceX = (sourceX + stepX) | 0;
    sourceY = (sourceY + stepY) | 0;
  }
}

function colourColumns({ width, data }: RasterImage, line: Line, { from, to }: Span, row: Uint8Array): void {
  const stepX = Math.round(line.perColumnX * FIXED_ONE);
  const stepY = Math.round(line.perColumnY * FIXED_ONE);
  let sourceX = fixedX(line, from);
  let sourceY = fixedY(line, from);
  for (let x = from, o = from * 3; x < to; x++) {
    let i = ((sourceY >> FIXED_BITS) * width + (sourceX >> FIXED_BITS)) * 3;
    let j = i + width * 3;
    const fractionX = (sourceX >> 8) & 255;
    const fractionY = (sourceY >> 8) & 255;
    for (let c = 0; c < 3; c++, i++, j++) {
      const top = (data[i]! << 8) + (data[i + 3]! - data[i]!) * fractionX;
      const bottom = (data[j]! << 8) + (data[j + 3]! - data[j]!) * fractionX;
      row[o++] = ((top << 8) + (bottom - top) * fractionY + 32768) >> 16;
    }
    sourceX += stepX;
    sourceY += stepY;
  }
}

/** As above for columns whose neighbours may lie outside: the nearest edge continues. */
function edgeColumns(
  { width, height, channels, data }: RasterImage,
  line: Line,
  { from, to }: Span,
  row: Uint8Array,
): void {
  for (let x = from, o = from * channels; x < to; x++) {
    const sourceX = clampFixed(fixedX(line, x), width);
    const sourceY = clampFixed(fixedY(line, x), height);
    const column = sourceX >> FIXED_BITS;
    const right = column + 1 < width ? channels : 0;
    const top = ((sourceY >> FIXED_BITS) * width + column) * channels;
    const below = (sourceY >> FIXED_BITS) + 1 < height ? width * channels : 0;
    const fractionX = (sourceX >> 8) & 255;
    const fractionY = (sourceY >> 8) & 255;
    for (let c = 0, i = top; c < channels; c++, i++) {
      const upper = (data[i]! << 8) + (data[i + right]! - data[i]!) * fractionX;
      const lower = (data[i + below]! << 8) + (data[i + below + right]! - data[i + below]!) * fractionX;
      row[o++] = ((upper << 8) + (lower - upper) * fractionY + 32768) >> 16;
    }
  }
}

const clampFixed = (value: number, size: number): number => clamp(value, (size - 1) * FIXED_ONE);
