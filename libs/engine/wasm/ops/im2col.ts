import type { WindowGeometry } from './window.js';

/** A run of images of a batch: from the first to before the last. */
export interface ImageRange {
  readonly first: number;
  readonly end: number;
}

/**
 * What each output pixel of a convolution sees, as a matrix for a product: row (window row, window column, channel),
 * column (image, output row, output column); zeros stand for padding.
 *
 * @param x images [batch, height, width, channel]
 * @param columns [window height · window width · channels, images · output height · output width], written to
 */
export function imagesToColumns(
  x: Float32Array,
  columns: Float32Array,
  channels: number,
  geometry: WindowGeometry,
  { first, end }: ImageRange,
): void {
  const { vertical, horizontal } = geometry;
  const rowLength = (end - first) * vertical.outSize * horizontal.outSize;
  const step = horizontal.stride * channels;
  columns.fill(0);
  for (let image = first; image < end; image++) {
    for (let row = 0; row < vertical.outSize; row++) {
      const column = ((image - first) * vertical.outSize + row) * horizontal.outSize;
      for (let windowRow = 0; windowRow < vertical.window; windowRow++) {
        const sourceRow = row * vertical.stride + windowRow * vertical.dilation - vertical.padBefore;
        if (sourceRow < 0 || sourceRow >= vertical.inSize) continue;
        for (let windowColumn = 0; windowColumn < horizontal.window; windowColumn++) {
          const shift = windowColumn * horizontal.dilation - horizontal.padBefore;
          // Output columns whose source lies inside the image.
          const begin = Math.max(0, Math.ceil(-shift / horizontal.stride));
          const stop = Math.min(
            horizontal.outSize,
            Math.floor((horizontal.inSize - 1 - shift) / horizontal.stride) + 1,
          );
          const source =
            ((image * vertical.inSize + sourceRow) * horizontal.inSize + begin * horizontal.stride + shift) * channels;
          const target = (windowRow * horizontal.window + windowColumn) * channels * rowLength + column + begin;
          transposeInto(x, source, step, columns, target, rowLength, stop - begin, channels);
        }
      }
    }
  }
}

/** [pixels, channels] at distances `step` to [channels, pixels] at distances `rowLength`; four pixels at a time. */
function transposeInto(
  x: Float32Array,
  source: number,
  step: number,
  columns: Float32Array,
  target: number,
  rowLength: number,
  pixels: number,
  channels: number,
): void {
  let pixel = 0;
  for (; pixel + 4 <= pixels; pixel += 4) {
    let [a, b, c, d, t] = [
      source + pixel * step,
      source + (pixel + 1) * step,
      source + (pixel + 2) * step,
      source + (pixel + 3) * step,
      target + pixel,
    ];
    for (let channel = 0; channel < channels; channel++, a++, b++, c++, d++, t += rowLength) {
      columns[t] = x[a]!;
      columns[t + 1] = x[b]!;
      columns[t + 2] = x[c]!;
      columns[t + 3] = x[d]!;
    }
  }
  for (; pixel < pixels; pixel++) {
    for (
      let channel = 0, s = source + pixel * step, t = target + pixel;
      channel < channels;
      channel++, s++, t += rowLength
    )
      columns[t] = x[s]!;
  }
}

/**
 * The reverse of a convolution's view: adds what belongs to each window to the pixels it saw.
 *
 * @param windows [batch · output height · output width, window height · window width · channels]
 * @param images [batch, height, width, channel], zeros at first, added to
 */
export function windowsToImages(
  windows: Float32Array,
  images: Float32Array,
  channels: number,
  { batch, vertical, horizontal }: WindowGeometry,
): void {
  let source = 0;
  for (let image = 0; image < batch; image++) {
    for (let row = 0; row < vertical.outSize; row++) {
      for (let column = 0; column < horizontal.outSize; column++) {
        for (let windowRow = 0; windowRow < vertical.window; windowRow++) {
          const y = row * vertical.stride + windowRow * vertical.dilation - vertical.padBefore;
          for (let windowColumn = 0; windowColumn < horizontal.window; windowColumn++, source += channels) {
            const x = column * horizontal.stride + windowColumn * horizontal.dilation - horizontal.padBefore;
            if (y < 0 || y >= vertical.inSize || x < 0 || x >= horizontal.inSize) continue;
            const target = ((image * vertical.inSize + y) * horizontal.inSize + x) * channels;
            for (let channel = 0; channel < channels; channel++)
              images[target + channel]! += windows[source + channel]!;
          }
        }
      }
    }
  }
}
