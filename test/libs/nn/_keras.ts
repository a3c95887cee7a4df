import type { Head, KerasLayer, NetworkConfig } from '#libs/nn';
import { formulaConfig, repeated, uniform } from './_formula.js';

/**
 * A network of keras.applications with formula weights and what Keras computes, written by
 * scripts/fixtures/keras-weights.py.
 */
export interface KerasCase {
  model: string;
  head: Head;
  size: number;
  gammaScale: number;
  layers: [name: string, variables: [name: string, shape: number[]][]][];
  logits: number[][];
}

export const kerasConfig = ({ model, size, head }: KerasCase): NetworkConfig => ({
  ...formulaConfig(model, size),
  head,
});

const SQUARE_PX = 8;

/** The fixtures' two images: squares of random colours, [2, size, size, 3]. */
export function kerasPixels(size: number): Uint8Array {
  const squares = size / SQUARE_PX;
  const colours = uniform(`keras ${size}`, 2 * squares * squares * 3);
  const pixels = new Uint8Array(2 * size * size * 3);
  for (let index = 0; index < pixels.length; index++) {
    const [channel, pixel] = [index % 3, Math.floor(index / 3)];
    const [column, row, image] = [pixel % size, Math.floor(pixel / size) % size, Math.floor(pixel / size / size)];
    const square = (image * squares + Math.floor(row / SQUARE_PX)) * squares + Math.floor(column / SQUARE_PX);
    pixels[index] = Math.floor(colours[square * 3 + channel]! * 256);
  }
  return pixels;
}

function values(layer: string, variable: string, shape: readonly number[], gammaScale: number): Float32Array {
  const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);
  const draw = (map: (value: number) => number): Float32Array => repeated(`${layer}/${variable}`, product(shape), map);
  if (variable.endsWith('kernel')) {
    const bound = Math.sqrt(6 / product(shape.slice(0, variable === 'depthwise_kernel' ? 2 : -1)));
    return draw((value) => (2 * value - 1) * bound);
  }
  if (variable === 'gamma') return draw((value) => (0.5 + value) * gammaScale * (layer.endsWith('_3_bn') ? 0.2 : 1));
  if (variable === 'moving_variance') return draw((value) => 0.5 + value);
  return draw((value) => 0.4 * value - 0.2);
}

/** The layers as they would be read from a file. */
export const kerasLayers = ({ layers, gammaScale }: Pick<KerasCase, 'layers' | 'gammaScale'>): KerasLayer[] =>
  layers.map(([path, variables]) => ({
    path,
    variables: new Map(
      variables.map(([name, shape]) => [name, { shape, data: values(path, name, shape, gammaScale) }]),
    ),
  }));

/** Largest difference between logits known up to a constant per image, in parts of the largest. */
export function centredDifference(probabilities: Float32Array, logits: readonly (readonly number[])[]): number {
  const centred = (row: readonly number[]): number[] =>
    row.map((value) => value - row.reduce((sum, each) => sum + each, 0) / row.length);
  const expected = logits.flatMap(centred);
  const actual = logits.flatMap(({ length }, index) =>
    centred(Array.from(probabilities.subarray(index * length, (index + 1) * length), Math.log)),
  );
  return (
    Math.max(...expected.map((value, index) => Math.abs(value - actual[index]!))) / Math.max(...expected.map(Math.abs))
  );
}
