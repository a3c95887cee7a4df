import type { RasterImage } from '#libs/imaging';
import type { NetworkState, StateTensor } from '#libs/nn';

/** Filters, and inputs of a filter, that are shown at most. */
const MAX_TILES = 64;
/** Sides of a small kernel's tile, pixels. */
const TILE_PX = 12;
/** Pixels of background between tiles. */
const GAP_PX = 1;

const BACKGROUND = 32;

interface Picture {
  /** The parameter's name. */
  readonly name: string;
  readonly image: RasterImage;
}

/**
 * Draws the weights of every convolution and linear layer: a tile per kernel, filters downwards, their inputs
 * rightwards, at most 64 of each; a first layer's three inputs are one coloured tile. Filters of one tile stand in a
 * square. Grey 128 is 0, black and white are the largest magnitude of the layer. Kernels of one value, and linear
 * layers, are matrices.
 */
export const drawWeights = (state: NetworkState): Picture[] =>
  [...state]
    .filter(([, { shape }]) => shape.length === 4 || shape.length === 2)
    .map(([name, tensor]) => ({ name, image: drawTensor(tensor) }));

function drawTensor({ shape, data }: StateTensor): RasterImage {
  const [outputs, inputs, kernelHeight = 1, kernelWidth = 1] = shape as [number, number, number?, number?];
  const coloured = inputs === 3 && shape.length === 4;
  const [rows, columns] = [Math.min(outputs, MAX_TILES), coloured ? 1 : Math.min(inputs, MAX_TILES)];
  const scale = Math.max(1, Math.floor(TILE_PX / Math.max(kernelHeight, kernelWidth)));
  const [tileHeight, tileWidth] = [kernelHeight * scale, kernelWidth * scale];
  // A single column would be a thin strip: one tile per filter, as with colours and depthwise kernels, makes a square.
  const across = columns === 1 ? Math.ceil(Math.sqrt(rows)) : columns;
  const down = Math.ceil((rows * columns) / across);
  const [width, height, channels] = [
    across * (tileWidth + GAP_PX) + GAP_PX,
    down * (tileHeight + GAP_PX) + GAP_PX,
    coloured ? 3 : 1,
  ] as const;
  const pixels = new Uint8Array(width * height * channels).fill(BACKGROUND);
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  for (let tile = 0; tile < rows * columns; tile++) {
    const [output, input] = [Math.floor(tile / columns), tile % columns];
    const left = GAP_PX + (tile % across) * (tileWidth + GAP_PX);
    const top = GAP_PX + Math.floor(tile / across) * (tileHeight + GAP_PX);
    for (let y = 0; y < tileHeight; y++) {
      for (let x = 0; x < tileWidth; x++) {
        const position = Math.floor(y / scale) * kernelWidth + Math.floor(x / scale);
        for (let channel = 0; channel < channels; channel++) {
          const value = data[(output * inputs + input + channel) * kernelHeight * kernelWidth + position]!;
          pixels[((top + y) * width + left + x) * channels + channel] = Math.round(128 + (127 * value) / largest);
        }
      }
    }
  }
  return { width, height, channels, data: pixels };
}
