/** Uses of every op beyond those of the gradient cases: no gradients, odd geometries, other element types. */
import * as ops from '#libs/graph';
import type { DType, Graph, Tensor, TensorValue } from '#libs/graph';
import { createRandom } from '#libs/random';

export interface OpCase {
  readonly title: string;
  /** Values to feed. */
  readonly inputs: readonly TensorValue[];
  readonly build: (g: Graph, inputs: readonly Tensor[]) => Readonly<Record<string, Tensor>>;
}

const elementCount = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Normal numbers, always the same for a shape. */
export function normal(shape: readonly number[], seed = 'ops'): TensorValue {
  const random = createRandom(seed, shape.join());
  return { dtype: 'float32', shape, data: Float32Array.from({ length: elementCount(shape) }, () => random.normal()) };
}

const integers = (values: readonly number[], shape: readonly number[] = [values.length]): TensorValue => ({
  dtype: 'int32',
  shape,
  data: Int32Array.from(values),
});

const one = (title: string, shape: readonly number[], build: (g: Graph, x: Tensor) => Tensor): OpCase => ({
  title,
  inputs: [normal(shape)],
  build: (g, [x]) => ({ y: build(g, x!) }),
});

const comparisons: OpCase = {
  title: 'comparisons, with broadcasting and of integers',
  inputs: [normal([3, 4]), normal([4]), integers([1, 2, 3]), integers([3, 2, 1])],
  build: (g, [a, b, i, j]) =>
    Object.fromEntries(
      (['equal', 'greater', 'greaterEqual', 'less', 'lessEqual'] as const).flatMap((name) => [
        [name, ops[name](g, a!, b!)],
        [`${name} of integers`, ops[name](g, i!, j!)],
      ]),
    ),
};

const special: OpCase = {
  title: 'NaN and infinities pass through arithmetic and activations',
  inputs: [{ dtype: 'float32', shape: [6], data: Float32Array.of(NaN, -NaN, Infinity, -Infinity, -0, 7) }],
  build: (g, [x]) => ({
    relu: ops.relu(g, x!),
    relu6: ops.relu6(g, x!),
    sum: ops.add(g, x!, 1),
    product: ops.mul(g, x!, 2),
    sigmoid: ops.sigmoid(g, x!),
    mean: ops.mean(g, x!),
    log: ops.log(g, x!),
    sqrt: ops.sqrt(g, x!),
  }),
};

const TYPES: readonly DType[] = ['float32', 'int32', 'int64', 'uint8', 'bool'];
const casts: OpCase = {
  title: 'casts between all element types',
  inputs: [
    { dtype: 'float32', shape: [4], data: Float32Array.of(-0, 0.5, 1.75, 200.9) },
    integers([0, 1, 77, 255]),
    { dtype: 'uint8', shape: [3], data: Uint8Array.of(0, 127, 255) },
    { dtype: 'int64', shape: [2], data: BigInt64Array.of(0n, 31n) },
    { dtype: 'bool', shape: [2], data: Uint8Array.of(0, 1) },
  ],
  build: (g, inputs) =>
    Object.fromEntries(
      inputs.flatMap((x) => TYPES.map((dtype) => [`${x.dtype} to ${dtype}`, ops.identity(g, ops.cast(g, x, dtype))])),
    ),
};

const image = [2, 7, 6, 3] as const;
const windows: OpCase[] = [
  { strides: 1, padding: 'SAME', kernel: [2, 2] },
  { strides: 2, padding: 'SAME', kernel: [3, 3] },
  { strides: 2, padding: 'VALID', kernel: [1, 1] },
  { strides: 3, padding: 'SAME', kernel: [5, 4] },
  { strides: 1, padding: 'VALID', kernel: [7, 6] },
  { strides: 2, padding: 'VALID', kernel: [2, 3] },
].map(({ strides, padding, kernel }) => {
  const options = { strides, padding: padding as ops.Padding };
  return {
    title: `convolutions and poolings ${kernel.join('×')}, stride ${strides}, ${padding}, with gradients`,
    inputs: [normal(image), normal([...kernel, 3, 4]), normal([...kernel, 3, 2])],
    build: (g: Graph, [x, filter, depthwise]: readonly Tensor[]) => {
      const forward = {
        convolved: ops.conv2d(g, x!, filter!, options),
        depthwise: ops.depthwiseConv2d(g, x!, depthwise!, options),
        largest: ops.maxPool(g, x!, { ...options, window: kernel as [number, number] }),
        average: ops.avgPool(g, x!, { ...options, window: kernel as [number, number] }),
      };
      const loss = Object.values(forward)
        .map((y) => ops.sum(g, ops.square(g, y)))
        .reduce((a, b) => ops.add(g, a, b));
      const [dx, dFilter, dDepthwise] = ops.gradients(g, loss, [x!, filter!, depthwise!]);
      return { ...forward, dx: dx!, dFilter: dFilter!, dDepthwise: dDepthwise! };
    },
  };
});

const reductions: OpCase = {
  title: 'reductions over axes apart, kept axes and integers',
  inputs: [normal([2, 3, 4, 5]), integers([5, -7, 9, 2, 2, 1], [2, 3])],
  build: (g, [x, i]) => ({
    apart: ops.sum(g, x!, [0, 2]),
    kept: ops.mean(g, x!, [1, 3], true),
    all: ops.sum(g, x!),
    inner: ops.mean(g, x!, [3]),
    outer: ops.sum(g, x!, [0]),
    largest: ops.max(g, x!, [1, 2]),
    integers: ops.sum(g, i!, [1]),
    largestInteger: ops.max(g, i!, [0]),
    position: ops.argMax(g, x!, 2),
    last: ops.argMax(g, x!),
  }),
};

const random: OpCase = {
  title: 'random numbers are those of TensorFlow to the bit',
  inputs: [normal([3, 5]), integers([1, 2]), integers([-123456, 2 ** 31 - 1])],
  build: (g, [x, seed, other]) => ({
    y: ops.statelessRandomUniform(g, x!, seed!),
    negative: ops.statelessRandomUniform(g, x!, other!),
    dropped: ops.dropout(g, x!, 0.4, seed!),
  }),
};

const labels: OpCase = {
  title: 'classes as one-hot rows and losses, labels of both widths',
  inputs: [
    normal([3, 4]),
    integers([3, 0, 2]),
    { dtype: 'int64', shape: [3], data: BigInt64Array.of(1n, 1n, 3n) },
    integers([0, 9, -1]),
  ],
  build: (g, [logits, narrow, wide, outside]) => ({
    narrow: ops.sparseSoftmaxCrossEntropy(g, logits!, narrow!),
    wide: ops.sparseSoftmaxCrossEntropy(g, logits!, wide!),
    hot: ops.oneHot(g, narrow!, 4, { on: 0.9, off: 0.1 }),
    outside: ops.oneHot(g, outside!, 3),
    softmax: ops.softmax(g, logits!),
    logSoftmax: ops.logSoftmax(g, logits!),
  }),
};

const empty: OpCase = {
  title: 'an empty batch goes through layers that are no convolutions',
  inputs: [normal([0, 6, 6, 2]), normal([2, 5])],
  build: (g, [x, dense]) => ({
    logits: ops.softmax(g, ops.matMul(g, ops.mean(g, ops.relu(g, x!), [1, 2]), dense!)),
    padded: ops.pad(g, ops.concat(g, [x!, x!], 3), [
      [0, 0],
      [1, 0],
      [0, 0],
      [0, 1],
    ]),
  }),
};

const layouts: OpCase = {
  title: 'layouts of integers and of scalars',
  inputs: [integers([1, 2, 3, 4, 5, 6], [2, 3]), normal([])],
  build: (g, [x, scalar]) => ({
    shape: ops.shapeOf(g, x!),
    transposed: ops.transpose(g, x!, [1, 0]),
    tiled: ops.tile(g, x!, [2, 1]),
    padded: ops.pad(
      g,
      x!,
      [
        [1, 0],
        [0, 2],
      ],
      7,
    ),
    sliced: ops.slice(g, x!, [1, 0], [1, 2]),
    joined: ops.concat(g, [x!, x!], 0),
    reshaped: ops.reshape(g, scalar!, [1, 1]),
    spread: ops.broadcastLike(g, scalar!, ops.cast(g, x!, 'float32')),
    chosen: ops.select(g, ops.greater(g, x!, 3), x!, 0),
    doubled: ops.mul(g, ops.add(g, x!, x!), 2),
    ones: g.op('OnesLike', [x!], { T: ops.attr.type('int32') }, [x!])[0]!,
    zeros: g.op(
      'Fill',
      [ops.shapeOf(g, x!), g.constant(0)],
      { T: ops.attr.type('float32'), index_type: ops.attr.type('int32') },
      [{ dtype: 'float32', shape: x!.shape }],
    )[0]!,
    sign: g.op('Sign', [scalar!], { T: ops.attr.type('float32') }, [scalar!])[0]!,
  }),
};

const fixedPoint: OpCase = {
  title: 'sums in fixed point',
  inputs: [normal([5, 7]), normal([5, 7]), normal([5, 7])],
  build: (g, x) => {
    const { sum, check } = ops.fixedPointSum(g, x);
    return { sum, check };
  },
};

export const opCases: readonly OpCase[] = [
  fixedPoint,
  comparisons,
  special,
  casts,
  ...windows,
  reductions,
  random,
  labels,
  empty,
  layouts,
  one('a wide convolution whose filter gradient takes several products', [6, 64, 64, 8], (g, x) => {
    const filter = g.constant(normal([7, 7, 8, 4]).data as Float32Array, 'float32', [7, 7, 8, 4]);
    return ops.gradients(g, ops.sum(g, ops.square(g, ops.conv2d(g, x, filter, { padding: 'SAME' }))), [filter])[0]!;
  }),
  {
    title: 'convolution with dilation and its gradients',
    inputs: [normal([2, 9, 8, 3]), normal([3, 3, 3, 2])],
    build: (g, [x, filter]) => {
      const y = ops.conv2d(g, x!, filter!, { padding: 'SAME', dilations: 2 });
      const [dx, dFilter] = ops.gradients(g, ops.sum(g, ops.square(g, y)), [x!, filter!]);
      return { y, dx: dx!, dFilter: dFilter! };
    },
  },
];
