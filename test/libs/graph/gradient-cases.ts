/** One small use of every differentiable op: what the finite-difference tests run. */
import * as ops from '#libs/graph';
import type { Graph, Tensor } from '#libs/graph';

export interface GradientCase {
  /** The op type whose rule the case checks; the graph it builds must contain it. */
  op: string;
  /** What sets it apart from other cases of the same op. */
  variant?: string;
  /** Shapes of the fed inputs; all are differentiated unless `constantInputs` names them. */
  inputs: readonly (readonly number[])[];
  /** Inputs whose first axis is unknown when the graph is built. */
  unknownBatch?: readonly number[];
  /** Range of the fed values, default ±1.5; they are evenly spread, so that no two of one input are nearly equal. */
  range?: readonly [low: number, high: number];
  /** Inputs that are no parameters of the loss (running statistics). */
  constantInputs?: readonly number[];
  /** Inputs that stay float32 where the op is tested in bfloat16; `all`: it is not worth testing there. */
  float32Inputs?: readonly number[] | 'all';
  /** The op itself has to do with bfloat16. */
  usesBfloat16?: boolean;
  build(g: Graph, inputs: readonly Tensor[]): Tensor;
}

const POSITIVE = [0.5, 2] as const;

type Unary = (g: Graph, x: Tensor) => Tensor;
type Binary = (g: Graph, a: Tensor, b: Tensor) => Tensor;

const unary = (op: string, emit: Unary, range?: readonly [number, number]): GradientCase => ({
  op,
  inputs: [[3, 4]],
  ...(range ? { range } : {}),
  build: (g, [x]) => emit(g, x!),
});

const binary = (op: string, emit: Binary, range?: readonly [number, number]): GradientCase[] =>
  [
    {
      variant: 'equal shapes',
      inputs: [
        [2, 6],
        [2, 6],
      ],
    },
    { variant: 'right broadcast', inputs: [[3, 2, 4], [4]] },
    {
      variant: 'left broadcast',
      inputs: [
        [2, 1, 3],
        [4, 1],
      ],
    },
    {
      variant: 'both broadcast, unknown batch',
      inputs: [
        [3, 1, 2],
        [3, 4, 1],
      ],
      unknownBatch: [0, 1],
    },
  ].map((shapes) => ({ op, ...shapes, ...(range ? { range } : {}), build: (g, [a, b]) => emit(g, a!, b!) }));

const elementwise: GradientCase[] = [
  ...binary('AddV2', ops.add),
  ...binary('Sub', ops.sub),
  ...binary('Mul', ops.mul),
  ...binary('RealDiv', ops.div, POSITIVE),
  ...binary('Maximum', ops.maximum),
  ...binary('Minimum', ops.minimum),
  {
    op: 'AddN',
    inputs: [
      [2, 3],
      [2, 3],
      [2, 3],
    ],
    build: (g, inputs) => ops.addN(g, inputs),
  },
  { op: 'SelectV2', inputs: [[4, 3], [3]], build: (g, [a, b]) => ops.select(g, ops.greater(g, a!, 0.3), a!, b!) },
  unary('Identity', ops.identity),
  // Finite differences see through the op: what is stopped must not vary.
  unary('StopGradient', (g, x) => ops.add(g, x, ops.stopGradient(g, ops.mul(g, x, 0)))),
  unary('Square', ops.square),
  unary('Sqrt', ops.sqrt, POSITIVE),
  unary('Rsqrt', ops.rsqrt, POSITIVE),
  unary('Log', ops.log, POSITIVE),
  unary('Exp', ops.exp),
  unary('Neg', ops.neg),
  unary('Abs', ops.abs),
  unary('Sigmoid', ops.sigmoid),
  unary('Tanh', ops.tanh),
  unary('Relu', ops.relu),
  unary('Relu6', ops.relu6, [-3, 9]),
  { op: 'Relu6', variant: 'hardSwish', inputs: [[4, 4]], range: [-5, 5], build: (g, [x]) => ops.hardSwish(g, x!) },
];

const layout: GradientCase[] = [
  { op: 'Reshape', inputs: [[2, 3, 4]], build: (g, [x]) => ops.reshape(g, x!, [6, -1]) },
  {
    op: 'Reshape',
    variant: 'unknown batch',
    unknownBatch: [0],
    inputs: [[2, 3, 4]],
    build: (g, [x]) => ops.reshape(g, x!, [-1, 12]),
  },
  // Values on a grid that bfloat16 holds exactly, so that rounding does not hide the gradient.
  {
    op: 'Cast',
    inputs: [[2, 3]],
    range: [-2, 2],
    float32Inputs: 'all',
    usesBfloat16: true,
    build: (g, [x]) => ops.cast(g, ops.cast(g, x!, 'bfloat16'), 'float32'),
  },
  { op: 'Transpose', inputs: [[2, 3, 4]], build: (g, [x]) => ops.transpose(g, x!, [2, 0, 1]) },
  {
    op: 'ConcatV2',
    inputs: [
      [2, 3],
      [2, 1],
      [2, 2],
    ],
    build: (g, inputs) => ops.concat(g, inputs, -1),
  },
  {
    op: 'ConcatV2',
    variant: 'unknown batch',
    unknownBatch: [0, 1],
    inputs: [
      [2, 2, 3],
      [2, 2, 2],
    ],
    build: (g, inputs) => ops.concat(g, inputs, 2),
  },
  { op: 'Tile', inputs: [[2, 1, 3]], build: (g, [x]) => ops.tile(g, x!, [1, 3, 2]) },
  {
    op: 'Tile',
    variant: 'unknown batch',
    unknownBatch: [0],
    inputs: [[2, 2, 1]],
    build: (g, [x]) => ops.tile(g, x!, [1, 1, 3]),
  },
  { op: 'Slice', inputs: [[4, 5]], build: (g, [x]) => ops.slice(g, x!, [1, 2], [2, -1]) },
  {
    op: 'Slice',
    variant: 'unknown batch',
    unknownBatch: [0],
    inputs: [[3, 5]],
    build: (g, [x]) => ops.slice(g, x!, [0, 1], [-1, 3]),
  },
  {
    op: 'Pad',
    inputs: [[2, 3]],
    build: (g, [x]) =>
      ops.pad(g, x!, [
        [0, 1],
        [2, 0],
      ]),
  },
  {
    op: 'Pad',
    variant: 'unknown batch',
    unknownBatch: [0],
    inputs: [[2, 3, 3, 2]],
    build: (g, [x]) =>
      ops.pad(g, x!, [
        [0, 0],
        [1, 1],
        [1, 2],
        [0, 0],
      ]),
  },
  {
    op: 'PadV2',
    inputs: [[2, 3]],
    build: (g, [x]) =>
      ops.square(
        g,
        ops.pad(
          g,
          x!,
          [
            [1, 0],
            [0, 1],
          ],
          -2,
        ),
      ),
  },
  {
    op: 'BroadcastTo',
    inputs: [
      [3, 1],
      [3, 4],
    ],
    build: (g, [x, like]) => ops.mul(g, ops.broadcastLike(g, x!, like!), like!),
  },
];

const reductions: GradientCase[] = [
  { op: 'Sum', inputs: [[2, 3, 4]], build: (g, [x]) => ops.sum(g, ops.square(g, x!), [0, 2]) },
  {
    op: 'Sum',
    variant: 'unknown batch',
    unknownBatch: [0],
    inputs: [[3, 4]],
    build: (g, [x]) => ops.square(g, ops.sum(g, x!)),
  },
  { op: 'Mean', inputs: [[2, 3, 4]], build: (g, [x]) => ops.square(g, ops.mean(g, x!, [1], true)) },
  {
    op: 'Mean',
    variant: 'unknown batch',
    unknownBatch: [0],
    inputs: [[2, 3, 2, 4]],
    build: (g, [x]) => ops.square(g, ops.mean(g, x!, [1, 2])),
  },
  {
    op: 'Mean',
    variant: 'over the unknown batch',
    unknownBatch: [0],
    inputs: [[3, 4]],
    build: (g, [x]) => ops.square(g, ops.mean(g, x!, [0])),
  },
  { op: 'Softmax', inputs: [[3, 4]], build: (g, [x]) => ops.softmax(g, x!) },
  { op: 'LogSoftmax', inputs: [[3, 4]], build: (g, [x]) => ops.logSoftmax(g, x!) },
  {
    op: 'SparseSoftmaxCrossEntropyWithLogits',
    inputs: [[3, 4]],
    unknownBatch: [0],
    build: (g, [x]) => ops.sparseSoftmaxCrossEntropy(g, x!, g.constant([3, 0, 1], 'int32')),
  },
];

const linear: GradientCase[] = [
  ...[
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ].map(
    ([transposeA, transposeB]): GradientCase => ({
      op: 'MatMul',
      variant: `${transposeA ? 'Aᵀ' : 'A'}·${transposeB ? 'Bᵀ' : 'B'}`,
      inputs: [transposeA ? [4, 3] : [3, 4], transposeB ? [2, 4] : [4, 2]],
      build: (g, [a, b]) => ops.matMul(g, a!, b!, { transposeA: transposeA!, transposeB: transposeB! }),
    }),
  ),
  { op: 'BiasAdd', inputs: [[2, 3, 4], [4]], build: (g, [x, b]) => ops.square(g, ops.biasAdd(g, x!, b!)) },
];

const convolution = (op: string, emit: typeof ops.conv2d, filter: readonly number[]): GradientCase[] => [
  { op, variant: 'SAME', inputs: [[2, 4, 4, 2], filter], build: (g, [x, w]) => emit(g, x!, w!, { padding: 'SAME' }) },
  {
    op,
    variant: 'stride 2, pad and VALID, unknown batch',
    unknownBatch: [0],
    inputs: [[2, 5, 4, 2], filter],
    build: (g, [x, w]) =>
      emit(
        g,
        ops.pad(g, x!, [
          [0, 0],
          [1, 1],
          [1, 1],
          [0, 0],
        ]),
        w!,
        { strides: 2, padding: 'VALID' },
      ),
  },
];

const spatial: GradientCase[] = [
  ...convolution('Conv2D', ops.conv2d, [3, 3, 2, 3]),
  {
    op: 'Conv2D',
    variant: 'dilated',
    inputs: [
      [1, 5, 5, 2],
      [3, 3, 2, 2],
    ],
    float32Inputs: 'all',
    build: (g, [x, w]) => ops.conv2d(g, x!, w!, { padding: 'SAME', dilations: 2 }),
  },
  ...convolution('DepthwiseConv2dNative', ops.depthwiseConv2d, [3, 3, 2, 2]),
  {
    op: 'MaxPool',
    variant: 'stride 2, padded',
    inputs: [[1, 5, 5, 2]],
    build: (g, [x]) =>
      ops.maxPool(
        g,
        ops.pad(
          g,
          x!,
          [
            [0, 0],
            [1, 1],
            [1, 1],
            [0, 0],
          ],
          -9,
        ),
        { window: 3, strides: 2, padding: 'VALID' },
      ),
  },
  {
    op: 'AvgPool',
    variant: 'SAME',
    unknownBatch: [0],
    inputs: [[2, 5, 4, 2]],
    build: (g, [x]) => ops.avgPool(g, x!, { window: 2, padding: 'SAME' }),
  },
  ...[true, false].map(
    (training): GradientCase => ({
      op: 'FusedBatchNormV3',
      variant: training ? 'batch statistics' : 'given statistics',
      inputs: [[3, 3, 2, 2], [2], [2], [2], [2]],
      unknownBatch: [0],
      range: [0.3, 1.9],
      constantInputs: [3, 4],
      float32Inputs: [1, 2, 3, 4],
      build: (g, [x, scale, offset, mean, variance]) =>
        ops.fusedBatchNorm(g, x!, scale!, offset!, mean!, variance!, { epsilon: 1e-3, training, momentum: 0.1 }).y,
    }),
  ),
];

export const gradientCases: readonly GradientCase[] = [...elementwise, ...layout, ...reductions, ...linear, ...spatial];

export const titleOf = ({ op, variant }: GradientCase): string => (variant === undefined ? op : `${op}, ${variant}`);
