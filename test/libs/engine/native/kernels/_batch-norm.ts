/**
 * Batch norms of training as programs, with what surrounds them, and the same from the definition in double precision.
 */
import {
  add,
  cast,
  fusedBatchNorm,
  gradients,
  Graph,
  mean,
  mul,
  relu,
  square,
  sum,
  type Program,
  type SerializedProgram,
  type Tensor,
  type TensorValue,
} from '#libs/graph';
import { createRandom } from '#libs/random';
import { float32, opsIn as findOps } from '../../../graph/_programs.js';

export type Precision = 'float32' | 'bfloat16';

/** [batch, height, width, channels] */
export type Sizes = readonly [batch: number, height: number, width: number, channels: number];

/** What follows a batch norm, and how many ops read the end of it. */
export interface Pattern {
  /** What is added to the normalised values: activations as they are, or the output of another batch norm. */
  readonly shortcut?: 'activations' | 'batchNorm';
  readonly relu: boolean;
  /** Default 1. */
  readonly readers?: number;
}

/** Of the same names as the program's outputs. */
export type Results<T> = Readonly<Record<string, T>>;

/** So large that results show whether it is used rightly. */
const EPSILON = 0.1;

const readersOf = ({ readers = 1 }: Pattern): string[] => Array.from({ length: readers }, (_, index) => `dy${index}`);
/** Names end in this, for each of the batch norms. */
const suffixesOf = ({ shortcut }: Pattern): string[] => (shortcut === 'batchNorm' ? ['', '2'] : ['']);

/**
 * `run`: a batch norm, or two that are added, and what follows; the gradient of the output `y` is the sum of all `dy`.
 * Outputs are `y`, the running statistics, the gradients (d…), and `recomputed`: y as the backward pass has it.
 */
export function batchNormProgram(sizes: Sizes, precision: Precision, pattern: Pattern, momentum = 0.1): Program {
  const g = new Graph();
  const inputs: Record<string, Tensor> = {};
  const outputs: Record<string, Tensor> = {};
  const input = (name: string, shape: readonly number[]): Tensor =>
    (inputs[name] = g.placeholder(name, 'float32', shape));
  const activations = (name: string): Tensor => cast(g, input(name, sizes), precision);
  const batchNorm = (suffix: string): Tensor => {
    const [scale, offset, mean, variance] = ['scale', 'offset', 'mean', 'variance'].map((name) =>
      input(`${name}${suffix}`, [sizes[3]]),
    );
    const result = fusedBatchNorm(g, activations(`x${suffix}`), scale!, offset!, mean!, variance!, {
      epsilon: EPSILON,
      training: true,
      momentum,
    });
    Object.assign(outputs, { [`mean${suffix}`]: result.batchMean, [`variance${suffix}`]: result.batchVariance });
    return result.y;
  };
  const shortcut = pattern.shortcut && (pattern.shortcut === 'batchNorm' ? batchNorm('2') : activations('shortcut'));
  const normalised = batchNorm('');
  const whole = shortcut ? add(g, normalised, shortcut) : normalised;
  const y = pattern.relu ? relu(g, whole) : whole;
  const terms = readersOf(pattern).map((name) => sum(g, cast(g, mul(g, y, activations(name)), 'float32')));
  const given = Object.keys(inputs).filter((name) => /^(x|scale|offset|shortcut)/.test(name));
  const computed = gradients(
    g,
    terms.reduce((total, term) => add(g, total, term)),
    [...given, 'dy0'].map((name) => inputs[name]!),
  );
  given.forEach((name, index) => (outputs[`d${name}`] = computed[index]!));
  return { graph: g, signatures: { run: { inputs, outputs: { ...outputs, y, recomputed: computed.at(-1)! } } } };
}

/** Normally distributed about each channel's own mean, rounded to the precision, so that casting changes nothing. */
function activationsOf(
  seed: string,
  sizes: Sizes,
  precision: Precision,
  meanOf: (channel: number) => number,
): TensorValue {
  const random = createRandom(1, seed);
  const data = Float32Array.from(
    { length: sizes.reduce((product, size) => product * size, 1) },
    (_, index) => meanOf(index % sizes[3]) + random.normal(),
  );
  // Cut off, not rounded: which of the neighbours an input becomes does not matter.
  if (precision === 'bfloat16')
    new Uint32Array(data.buffer).forEach((bits, index, all) => void (all[index] = bits & 0xffff0000));
  return float32(data, sizes);
}

/**
 * Feeds of {@link batchNormProgram}. The gradients of the output are quarters from −2 to 2: their sums are exact in
 * bfloat16 too.
 */
export function feedsFor(sizes: Sizes, precision: Precision, pattern: Pattern): Record<string, TensorValue> {
  const parameter = (name: string): TensorValue => {
    const random = createRandom(1, name);
    return float32(
      Array.from({ length: sizes[3] }, () =>
        /variance|scale/.test(name) ? random.uniform(0.5, 1.5) : random.uniform(-1, 1),
      ),
    );
  };
  const feeds: Record<string, TensorValue> = {};
  for (const suffix of suffixesOf(pattern)) {
    feeds[`x${suffix}`] = activationsOf(`x${suffix}`, sizes, precision, (channel) => (channel % 5) - 2);
    for (const name of ['scale', 'offset', 'mean', 'variance'])
      feeds[`${name}${suffix}`] = parameter(`${name}${suffix}`);
  }
  if (pattern.shortcut === 'activations') feeds['shortcut'] = activationsOf('shortcut', sizes, precision, () => 0);
  for (const name of readersOf(pattern)) {
    const random = createRandom(1, name);
    feeds[name] = float32(
      Float32Array.from({ length: feeds['x']!.data.length }, () => random.integer(-8, 8) / 4),
      sizes,
    );
  }
  return feeds;
}

const numbersOf = (feeds: Readonly<Record<string, TensorValue>>, name: string): Float64Array =>
  Float64Array.from(feeds[name]!.data as Float32Array);

/** The mean of a function of the rows, for each channel. */
function channelMeans(
  count: number,
  channels: number,
  value: (index: number, channel: number) => number,
): Float64Array {
  const sums = new Float64Array(channels);
  for (let index = 0; index < count; index++) sums[index % channels]! += value(index, index % channels);
  return sums.map((total) => (total * channels) / count);
}

/**
 * What {@link batchNormProgram} is to compute. Where the ReLU's input is 0 within rounding, both of its gradients are
 * right: `y`, the output that is tested, says which one it is.
 */
export function fromDefinition(
  sizes: Sizes,
  pattern: Pattern,
  feeds: Readonly<Record<string, TensorValue>>,
  y: ArrayLike<number>,
  momentum = 0.1,
): Results<Float64Array> {
  const channels = sizes[3];
  const count = y.length;
  const rows = count / channels;
  const results: Record<string, Float64Array> = {};
  const dSum = new Float64Array(count);
  for (const dy of readersOf(pattern).map((name) => numbersOf(feeds, name)))
    dy.forEach((value, index) => (dSum[index]! += pattern.relu && !(y[index]! > 0) ? 0 : value));
  const whole = pattern.shortcut === 'activations' ? numbersOf(feeds, 'shortcut') : new Float64Array(count);
  if (pattern.shortcut === 'activations') results['dshortcut'] = dSum;

  for (const suffix of suffixesOf(pattern)) {
    const [x, scale, offset, oldMean, oldVariance] = ['x', 'scale', 'offset', 'mean', 'variance'].map((name) =>
      numbersOf(feeds, `${name}${suffix}`),
    ) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
    const means = channelMeans(count, channels, (index) => x[index]!);
    const variances = channelMeans(count, channels, (index, channel) => (x[index]! - means[channel]!) ** 2);
    const inverse = variances.map((variance) => 1 / Math.sqrt(variance + EPSILON));
    const standard = x.map((value, index) => (value - means[index % channels]!) * inverse[index % channels]!);
    standard.forEach((value, index) => (whole[index]! += scale[index % channels]! * value + offset[index % channels]!));
    const dSumMeans = channelMeans(count, channels, (index) => dSum[index]!);
    const productMeans = channelMeans(count, channels, (index) => dSum[index]! * standard[index]!);
    const blended = (old: Float64Array, batch: Float64Array): Float64Array =>
      batch.map((value, channel) => momentum * value + (1 - momentum) * old[channel]!);
    results[`mean${suffix}`] = blended(oldMean, means);
    results[`variance${suffix}`] = blended(
      oldVariance,
      variances.map((variance) => (variance * rows) / (rows - 1)),
    );
    results[`dscale${suffix}`] = productMeans.map((value) => value * rows);
    results[`doffset${suffix}`] = dSumMeans.map((value) => value * rows);
    results[`dx${suffix}`] = dSum.map((value, index) => {
      const channel = index % channels;
      return (
        scale[channel]! * inverse[channel]! * (value - dSumMeans[channel]! - standard[index]! * productMeans[channel]!)
      );
    });
  }
  results['y'] = pattern.relu ? whole.map((value) => Math.max(0, value)) : whole;
  return { ...results, recomputed: results['y'] };
}

/** What {@link exampleProgram} is built of. */
export interface Example {
  readonly g: Graph;
  readonly x: Tensor;
  readonly shortcut: Tensor;
  /** [channels] */
  readonly row: Tensor;
  /** The output of a new batch norm. */
  readonly batchNorm: (input: Tensor, training?: boolean) => Tensor;
  /** Fetches the gradient of a tensor too. */
  readonly want: (tensor: Tensor) => void;
}

export type Build = (example: Example) => readonly Tensor[];

/** The gradient of the ReLU behind a batch norm is fetched too. */
export const fetchedReluGradient: Build = ({ g, x, batchNorm, want }) => [((y) => (want(y), relu(g, y)))(batchNorm(x))];

/** A sum of two gradients is fetched too. */
export const fetchedGradientSum: Build = ({ g, x, shortcut, batchNorm, want }) => [
  ((y) => (want(y), mul(g, y, y)))(relu(g, add(g, batchNorm(x), shortcut))),
];

/** `run`: everything that `build` returns, and the gradients of the first's mean square with respect to x and the
 * batch norms' parameters. */
export function exampleProgram(build: Build, precision: Precision = 'float32', channels = 16): Program {
  const g = new Graph();
  const inputs: Record<string, Tensor> = {};
  const input = (name: string, shape: readonly number[]): Tensor =>
    (inputs[name] = g.placeholder(name, 'float32', shape));
  const [x, shortcut, row] = [
    input('x', [2, 3, 4, channels]),
    input('shortcut', [2, 3, 4, channels]),
    input('row', [channels]),
  ] as const;
  const wanted = [x];
  const batchNorm = (activations: Tensor, training = true): Tensor => {
    const [scale, offset] = [input(`scale${wanted.length}`, [channels]), input(`offset${wanted.length}`, [channels])];
    wanted.push(scale, offset);
    return fusedBatchNorm(g, activations, scale, offset, offset, scale, { epsilon: EPSILON, training, momentum: 0.1 })
      .y;
  };
  const results = build({
    g,
    x: cast(g, x, precision),
    shortcut: cast(g, shortcut, precision),
    row: cast(g, row, precision),
    batchNorm,
    want: (tensor) => void wanted.push(tensor),
  });
  const computed = gradients(g, mean(g, square(g, cast(g, results[0]!, 'float32'))), wanted);
  return {
    graph: g,
    signatures: {
      run: {
        inputs,
        outputs: Object.fromEntries([...results, ...computed].map((tensor, index) => [String(index), tensor])),
      },
    },
  };
}

export const CUSTOM_OPS = [
  'SulcusFusedBatchNorm',
  'SulcusRecomputedBatchNorm',
  'SulcusFusedBatchNormGrad',
  'SulcusAddNReluGrad',
];
const OPS = [
  ...CUSTOM_OPS,
  'FusedBatchNormV3',
  'FusedBatchNormGradV3',
  'AddV2',
  'AddN',
  'Relu',
  'ReluGrad',
  'Relu6',
  'Relu6Grad',
];

/** Which of these ops a serialised graph holds. */
export const opsIn = (program: SerializedProgram, ops: readonly string[] = OPS): string[] => findOps(program, ops);

/**
 * Feeds of a program by the names and shapes of its inputs: scales, which are variances too, positive, the rest around
 * 0.
 */
export function feedsOf({ signatures }: Program): Record<string, TensorValue> {
  const feed = (name: string, shape: readonly number[]): TensorValue => {
    const random = createRandom(2, name);
    return float32(
      Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () =>
        name.startsWith('scale') ? random.uniform(0.5, 1.5) : random.normal(),
      ),
      shape,
    );
  };
  return Object.fromEntries(
    Object.entries(signatures['run']!.inputs).map(([name, { shape }]) => [name, feed(name, shape)]),
  );
}
