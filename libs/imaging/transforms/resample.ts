import type { RasterImage } from '../image.js';

/*
 * Pillow's `resize(..., BILINEAR)` for 8-bit images, to the bit (libImaging/Resample.c): a triangle filter as wide as
 * the shrink factor, applied to rows and then to columns, in fixed point with 22 fraction bits, each pass rounded to 8
 * bits.
 */
const FRACTION_BITS = 22;
const HALF = 1 << (FRACTION_BITS - 1);

/** Weights of one axis: output `i` is the sum of `weights[i * width + k] * input[first[i] + k]` for `k < count[i]`. */
interface AxisFilter {
  width: number;
  /** Largest count. */
  most: number;
  first: Int32Array;
  count: Int32Array;
  weights: Int32Array;
}

function triangleFilter(inputSize: number, outputSize: number): AxisFilter {
  const scale = inputSize / outputSize;
  const support = Math.max(scale, 1);
  const width = Math.ceil(support) * 2 + 1;
  const filter: AxisFilter = {
    width,
    most: 0,
    first: new Int32Array(outputSize),
    count: new Int32Array(outputSize),
    weights: new Int32Array(outputSize * width),
  };
  const taps = new Float64Array(width);
  for (let i = 0; i < outputSize; i++) {
    const center = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(inputSize, Math.trunc(center + support + 0.5)) - first;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const distance = Math.abs((k + first - center + 0.5) / support);
      taps[k] = distance < 1 ? 1 - distance : 0;
      sum += taps[k]!;
    }
    filter.first[i] = first;
    filter.count[i] = count;
    filter.most = Math.max(filter.most, count);
    for (let k = 0; k < count; k++)
      filter.weights[i * width + k] = Math.trunc((taps[k]! / sum) * (1 << FRACTION_BITS) + 0.5);
  }
  return filter;
}

/**
 * Resizes with antialiasing.
 *
 * Input shape: [h, w, c]. Output shape: [height, width, c]. Both uint8, 0-255.
 */
export function resample(image: RasterImage, width: number, height: number): RasterImage {
  let { data } = image;
  if (width !== image.width) data = resampleRows(data, image, triangleFilter(image.width, width), width);
  if (height !== image.height)
    data = resampleColumns(data, width * image.channels, triangleFilter(image.height, height), height);
  return { width, height, channels: image.channels, data };
}

function resampleRows(
  data: Uint8Array,
  { width, height, channels }: RasterImage,
  filter: AxisFilter,
  outputWidth: number,
): Uint8Array {
  const output = new Uint8Array(height * outputWidth * channels);
  if (channels === 1 && filter.most <= SHORT_TAPS && width >= SHORT_TAPS)
    resampleGreyRows(data, width, padTaps(filter, width), output);
  else resampleAnyRows(data, { width, height, channels }, filter, output);
  return output;
}

/** Taps of a filter that shrinks by up to 2, hence of most. */
const SHORT_TAPS = 4;

/** Rows whose pixels stay in the nearest cache while all columns are made of them. */
const ROWS_AT_ONCE = 32;

/** The same filter with exactly four taps per output, all of them inside of the input: those added weigh nothing. */
function padTaps(
  { first, count, width: stride, weights }: AxisFilter,
  inputSize: number,
): { first: Int32Array; weights: Int32Array } {
  const padded = { first: new Int32Array(first.length), weights: new Int32Array(first.length * SHORT_TAPS) };
  for (let i = 0; i < first.length; i++) {
    const from = Math.min(first[i]!, inputSize - SHORT_TAPS);
    padded.first[i] = from;
    for (let k = 0; k < count[i]!; k++)
      padded.weights[i * SHORT_TAPS + first[i]! - from + k] = weights[i * stride + k]!;
  }
  return padded;
}

/** One channel: goes down the rows with the four weights of a column at hand, in 32-bit arithmetic throughout. */
function resampleGreyRows(
  data: Uint8Array,
  width: number,
  { first, weights }: { first: Int32Array; weights: Int32Array },
  output: Uint8Array,
): void {
  const outputWidth = first.length;
  const height = data.length / width;
  for (let top = 0; top < height; top += ROWS_AT_ONCE) {
    const end = Math.min(height, top + ROWS_AT_ONCE) * outputWidth;
    for (let x = 0; x < outputWidth; x++) {
      const [w0, w1, w2, w3] = [weights[4 * x]!, weights[4 * x + 1]!, weights[4 * x + 2]!, weights[4 * x + 3]!];
      for (let o = top * outputWidth + x, i = top * width + first[x]!; o < end; o += outputWidth, i += width) {
        const sum =
          (HALF +
            Math.imul(data[i]!, w0) +
            Math.imul(data[i + 1]!, w1) +
            Math.imul(data[i + 2]!, w2) +
            Math.imul(data[i + 3]!, w3)) |
          0;
        output[o] = sum >> FRACTION_BITS;
      }
    }
  }
}

function resampleAnyRows(
  data: Uint8Array,
  { width, height, channels }: Omit<RasterImage, 'data'>,
  filter: AxisFilter,
  output: Uint8Array,
): void {
  const outputWidth = filter.first.length;
  for (let y = 0, o = 0; y < height; y++) {
    const row = y * width * channels;
    for (let x = 0; x < outputWidth; x++) {
      const count = filter.count[x]!;
      const weight = x * filter.width;
      const start = row + filter.first[x]! * channels;
      for (let c = 0; c < channels; c++) {
        let sum = HALF;
        for (let k = 0, i = start + c; k < count; k++, i += channels)
          sum = (sum + Math.imul(data[i]!, filter.weights[weight + k]!)) | 0;
        output[o++] = sum >> FRACTION_BITS;
      }
    }
  }
}

/** One output row at a time from whole input rows, two at a time: memory is read in order. */
function resampleColumns(data: Uint8Array, rowBytes: number, filter: AxisFilter, outputHeight: number): Uint8Array {
  const output = new Uint8Array(outputHeight * rowBytes);
  const sums = new Int32Array(rowBytes);
  for (let y = 0, o = 0; y < outputHeight; y++, o += rowBytes) {
    const count = filter.count[y]!;
    const weight = y * filter.width;
    const start = filter.first[y]! * rowBytes;
    sums.fill(HALF);
    let k = 0;
    for (; k + 1 < count; k += 2) {
      const [upper, lower] = [filter.weights[weight + k]!, filter.weights[weight + k + 1]!];
      const row = start + k * rowBytes;
      const next = row + rowBytes;
      for (let x = 0; x < rowBytes; x++)
        sums[x] = (sums[x]! + Math.imul(data[row + x]!, upper) + Math.imul(data[next + x]!, lower)) | 0;
    }
    if (k < count) {
      const last = filter.weights[weight + k]!;
      const row = start + k * rowBytes;
      for (let x = 0; x < rowBytes; x++) sums[x] = (sums[x]! + Math.imul(data[row + x]!, last)) | 0;
    }
    for (let x = 0; x < rowBytes; x++) output[o + x] = sums[x]! >> FRACTION_BITS;
  }
  return output;
}
