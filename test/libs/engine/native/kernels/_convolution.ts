/** Convolutions as programs, and the same computed directly in double precision. */
import {
  cast,
  conv2d,
  gradients,
  Graph,
  mul,
  sum,
  type ConvolutionOptions,
  type Program,
  type TensorValue,
} from '#libs/graph';
import { createRandom } from '#libs/random';
import { float32 } from '../../../graph/_programs.js';

export type Precision = 'float32' | 'bfloat16';

/** Activations [batch, height, width, inChannels], convolved to outChannels. */
export type Sizes = readonly [batch: number, height: number, width: number, inChannels: number, outChannels: number];

/** The convolution's output, and the gradients of its input and its filter. */
export type Results<T> = Readonly<Record<'y' | 'dx' | 'dFilter', T>>;

/**
 * `run`: a convolution in a precision, and its gradients for the gradient `dy` of its output, all given and fetched as
 * float32. Batch -1 takes any.
 */
export function convolutionProgram(
  [batch, height, width, inChannels, outChannels]: Sizes,
  precision: Precision,
  kernelSize: number,
  options: ConvolutionOptions,
): Program {
  const g = new Graph();
  const x = g.placeholder('x', 'float32', [batch, height, width, inChannels]);
  const filter = g.placeholder('filter', 'float32', [kernelSize, kernelSize, inChannels, outChannels]);
  const y = cast(g, conv2d(g, cast(g, x, precision), cast(g, filter, precision), options), 'float32');
  const dy = g.placeholder('dy', 'float32', y.shape);
  const [dx, dFilter] = gradients(g, sum(g, mul(g, y, dy)), [x, filter]);
  return { graph: g, signatures: { run: { inputs: { x, filter, dy }, outputs: { y, dx: dx!, dFilter: dFilter! } } } };
}

/** Normally distributed, rounded to the precision, so that casting changes nothing. */
function values(seed: string, shape: readonly number[], precision: Precision): TensorValue {
  const random = createRandom(1, seed);
  const data = Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => random.normal());
  // Cut off, not rounded: which of the neighbours an input becomes does not matter.
  if (precision === 'bfloat16')
    new Uint32Array(data.buffer).forEach((bits, index, all) => void (all[index] = bits & 0xffff0000));
  return float32(data, shape);
}

/** How a convolution goes over its input, the same along both axes: `before` counts the zeros above and left of it. */
export interface Window {
  readonly kernelSize: number;
  readonly stride: number;
  readonly before: number;
  /** Height and width of the output. */
  readonly output: readonly [height: number, width: number];
}

/** A 3 × 3 kernel at stride 1, zeros around the input. */
export const plainWindow = ([, height, width]: Sizes): Window => ({
  kernelSize: 3,
  stride: 1,
  before: 1,
  output: [height, width],
});

/** Feeds of {@link convolutionProgram}. */
export const feedsFor = (
  sizes: Sizes,
  precision: Precision,
  { kernelSize, output }: Window = plainWindow(sizes),
): Record<'x' | 'filter' | 'dy', TensorValue> => {
  const [batch, height, width, inChannels, outChannels] = sizes;
  return {
    x: values('x', [batch, height, width, inChannels], precision),
    filter: values('filter', [kernelSize, kernelSize, inChannels, outChannels], precision),
    dy: values('dy', [batch, ...output, outChannels], precision),
  };
};

/** Every product of a convolution's definition, summed in double precision. */
export function convolutionByDefinition(
  sizes: Sizes,
  feeds: Readonly<Record<'x' | 'filter' | 'dy', TensorValue>>,
  window: Window = plainWindow(sizes),
): Results<Float64Array> {
  const [batch, height, width, inChannels, outChannels] = sizes;
  const {
    kernelSize,
    stride,
    before,
    output: [rows, columns],
  } = window;
  const [x, filter, dy] = [feeds.x, feeds.filter, feeds.dy].map(({ data }) =>
    Float64Array.from(data as Float32Array),
  ) as [Float64Array, Float64Array, Float64Array];
  const results = {
    y: new Float64Array(dy.length),
    dx: new Float64Array(x.length),
    dFilter: new Float64Array(filter.length),
  };
  /**
   * What one kernel position adds at one place: pixels begin at `from` in the input and at `to` in the output, its
   * weights at `weights`.
   */
  const addPosition = (from: number, to: number, weights: number): void => {
    for (let i = 0; i < inChannels; i++) {
      const row = weights + i * outChannels;
      const pixel = x[from + i]!;
      let dPixel = 0;
      for (let o = 0; o < outChannels; o++) {
        results.y[to + o]! += pixel * filter[row + o]!;
        results.dFilter[row + o]! += pixel * dy[to + o]!;
        dPixel += filter[row + o]! * dy[to + o]!;
      }
      results.dx[from + i]! += dPixel;
    }
  };
  for (let place = 0; place < batch * rows * columns; place++) {
    const image = Math.floor(place / columns / rows);
    const [top, left] = [(Math.floor(place / columns) % rows) * stride - before, (place % columns) * stride - before];
    for (let position = 0; position < kernelSize ** 2; position++) {
      const [row, column] = [top + Math.floor(position / kernelSize), left + (position % kernelSize)];
      const inside = row >= 0 && row < height && column >= 0 && column < width;
      if (inside)
        addPosition(
          ((image * height + row) * width + column) * inChannels,
          place * outChannels,
          position * inChannels * outChannels,
        );
    }
  }
  return results;
}

/** Root of the mean squared difference, in parts of the root of the mean square of what is expected. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [difference, whole] = [0, 0];
  for (let index = 0; index < expected.length; index++) {
    difference += (actual[index]! - expected[index]!) ** 2;
    whole += expected[index]! ** 2;
  }
  return Math.sqrt(difference / whole);
}
