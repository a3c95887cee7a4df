import type { RasterImage } from '../image.js';

/*
 * Pillow's `resize(..., BILINEAR)` for 8-bit images, to the bit (libImaging/Resample.c): a triangle filter as wide as the
 * shrink factor, applied to rows and then to columns, in fixed point with 22 fraction bits, each pass rounded to 8 bits.
 */
const FRACTION_BITS = 22;
const HALF = 1 << (FRACTION_BITS - 1);

/** Weights of one axis: output `i` is the sum of `weights[i * width + k] * input[first[i] + k]` for `k < count[i]`. */
interface AxisFilter {
  width: number;
  first: Int32Array;
  count: Int32Array;
  weights: Int32Array;
}

function triangleFilter(inputSize: number, outputSize: number): AxisFilter {
  const scale = inputSize / outputSize;
  const support = Math.max(scale, 1);
  const width = Math.ceil(support) * 2 + 1;
  const filter: AxisFilter = { width, first: new Int32Array(outputSize), count: new Int32Array(outputSize), weights: new Int32Array(outputSize * width) };
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
    for (let k = 0; k < count; k++) filter.weights[i * width + k] = Math.trunc((taps[k]! / sum) * (1 << FRACTION_BITS) + 0.5);
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
  if (height !== image.height) data = resampleColumns(data, width * image.channels, triangleFilter(image.height, height), height);
  return { width, height, channels: image.channels, data };
}

function resampleRows(data: Uint8Array, { width, height, channels }: RasterImage, filter: AxisFilter, outputWidth: number): Uint8Array {
  const output = new Uint8Array(height * outputWidth * channels);
  for (let y = 0, o = 0; y < height; y++) {
    const row = y * width * channels;
    for (let x = 0; x < outputWidth; x++) {
      const count = filter.count[x]!;
      const weight = x * filter.width;
      const start = row + filter.first[x]! * channels;
      for (let c = 0; c < channels; c++) {
        let sum = HALF;
        for (let k = 0, i = start + c; k < count; k++, i += channels) sum += data[i]! * filter.weights[weight + k]!;
        output[o++] = clampToByte(sum >> FRACTION_BITS);
      }
    }
  }
  return output;
}

/** One output row at a time from whole input rows: memory is read in order. */
function resampleColumns(data: Uint8Array, rowBytes: number, filter: AxisFilter, outputHeight: number): Uint8Array {
  const output = new Uint8Array(outputHeight * rowBytes);
  const sums = new Int32Array(rowBytes);
  for (let y = 0, o = 0; y < outputHeight; y++) {
    sums.fill(HALF);
    for (let k = 0; k < filter.count[y]!; k++) {
      const weight = filter.weights[y * filter.width + k]!;
      const row = (filter.first[y]! + k) * rowBytes;
      for (let x = 0; x < rowBytes; x++) sums[x]! += data[row + x]! * weight;
    }
    for (let x = 0; x < rowBytes; x++) output[o++] = clampToByte(sums[x]! >> FRACTION_BITS);
  }
  return output;
}

const clampToByte = (value: number): number => (value > 255 ? 255 : value < 0 ? 0 : value);
