/** Small programs that several engine tests run. */
import { type Engine } from '#libs/engine';
import {
  add,
  assignVariable,
  cast,
  conv2d,
  fusedBatchNorm,
  gradients,
  Graph,
  matMul,
  maxPool,
  mean,
  mul,
  pad,
  relu,
  resourceApplyAdam,
  sparseSoftmaxCrossEntropy,
  type Program,
  type SerializedProgram,
  type Tensor,
  type TensorValue,
  type Variable,
} from '#libs/graph';
import { createRandom } from '#libs/random';

export const float32 = (
  values: readonly number[] | Float32Array,
  shape: readonly number[] = [values.length],
): TensorValue => ({ dtype: 'float32', shape, data: Float32Array.from(values) });
export const int32 = (values: readonly number[], shape: readonly number[] = [values.length]): TensorValue => ({
  dtype: 'int32',
  shape,
  data: Int32Array.from(values),
});

/** The elements of a fetched value as plain numbers. */
export const numbers = (value: TensorValue | undefined): number[] => Array.from(value!.data as Float32Array);

/** Whether an engine computes in bfloat16 at all; tests of it are skipped where not, for the reason below. */
export const hasBfloat16 = ({ info }: Engine): boolean => info.kind === 'tensorflow';
export const NO_BFLOAT16 = 'the portable engine has no bfloat16';

/** Which of these ops a serialised graph holds: in a NodeDef the op is field 2, its length before it. */
export const opsIn = ({ savedModel }: SerializedProgram, ops: readonly string[]): string[] =>
  ops.filter((op) =>
    Buffer.from(savedModel).includes(Buffer.concat([Buffer.from([0x12, op.length]), Buffer.from(op)])),
  );

/** One float32 variable with signatures to write, read and add to it. */
export function counterProgram(): Program {
  const graph = new Graph();
  const counter = graph.variable('counter', [2]);
  const value = graph.placeholder('value', 'float32', [2]);
  const sum = add(graph, counter.read(), value);
  return {
    graph,
    signatures: {
      write: { inputs: { value }, outputs: {}, targets: [assignVariable(graph, counter, value)] },
      add: { inputs: { value }, outputs: { sum }, targets: [assignVariable(graph, counter, sum)] },
      read: { inputs: {}, outputs: { counter: counter.read() } },
    },
  };
}

/** Multiplies two size × size matrices of ones `repeats` times: a run as long as one likes. */
export function slowProgram(size: number, repeats: number): Program {
  const graph = new Graph();
  const start = graph.placeholder('start', 'float32', [size, size]);
  let product: Tensor = start;
  for (let index = 0; index < repeats; index++) product = mul(graph, matMul(graph, product, start), 1 / size);
  return { graph, signatures: { run: { inputs: { start }, outputs: { mean: mean(graph, product) } } } };
}

const CLASSES = 3;
const SIZE = 8;

/** A small network with every kind of layer, trained by Adam: initialise, trainStep and readState. */
export function networkProgram(precision: 'float32' | 'bfloat16'): Program {
  const g = new Graph();
  const pixels = g.placeholder('pixels', 'uint8', [-1, SIZE, SIZE, 1]);
  const labels = g.placeholder('labels', 'int32', [-1]);
  const parameters = {
    filter: g.variable('filter', [3, 3, 1, 8]),
    scale: g.variable('scale', [8]),
    offset: g.variable('offset', [8]),
    dense: g.variable('dense', [8, CLASSES]),
  };
  const statistics = { mean: g.variable('mean', [8]), variance: g.variable('variance', [8]) };
  const powers = { beta1Power: g.variable('beta1Power', []), beta2Power: g.variable('beta2Power', []) };
  const slots = Object.values(parameters).map((variable) => ({
    variable,
    m: g.variable(`${variable.name}/m`, variable.shape),
    v: g.variable(`${variable.name}/v`, variable.shape),
  }));

  const x = cast(g, mul(g, cast(g, pixels, 'float32'), 1 / 255), precision);
  const convolved = conv2d(
    g,
    pad(g, x, [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ]),
    cast(g, parameters.filter.read(), precision),
    { strides: 1, padding: 'VALID' },
  );
  const normalised = fusedBatchNorm(
    g,
    convolved,
    parameters.scale.read(),
    parameters.offset.read(),
    statistics.mean.read(),
    statistics.variance.read(),
    { epsilon: 1e-5, training: true, momentum: 0.1 },
  );
  const pooled = maxPool(g, relu(g, normalised.y), { window: 2, padding: 'VALID' });
  const logits = matMul(g, mean(g, cast(g, pooled, 'float32'), [1, 2]), parameters.dense.read());
  const loss = mean(g, sparseSoftmaxCrossEntropy(g, logits, labels));

  const weightGradients = gradients(
    g,
    loss,
    Object.values(parameters).map((variable) => variable.read()),
  );
  const [beta1, beta2] = [g.constant(0.9), g.constant(0.999)];
  const scalars = {
    beta1Power: powers.beta1Power.read(),
    beta2Power: powers.beta2Power.read(),
    learningRate: g.constant(0.01),
    beta1,
    beta2,
    epsilon: g.constant(1e-7),
  };
  const updates = slots.map(({ variable, m, v }, index) =>
    resourceApplyAdam(g, variable, m, v, scalars, weightGradients[index]!),
  );
  updates.push(
    assignVariable(g, statistics.mean, normalised.batchMean),
    assignVariable(g, statistics.variance, normalised.batchVariance),
  );
  // The powers move on only after every update has used them.
  updates.push(
    ...g.withControlInputs(updates, () => [
      assignVariable(g, powers.beta1Power, mul(g, scalars.beta1Power, beta1)),
      assignVariable(g, powers.beta2Power, mul(g, scalars.beta2Power, beta2)),
    ]),
  );

  const feeds = Object.fromEntries(
    g.variables.map((variable) => [variable.name, g.placeholder(`write/${variable.name}`, 'float32', variable.shape)]),
  );
  return {
    graph: g,
    signatures: {
      initialise: {
        inputs: feeds,
        outputs: {},
        targets: g.variables.map((variable) => assignVariable(g, variable, feeds[variable.name]!)),
      },
      trainStep: { inputs: { pixels, labels }, outputs: { loss }, targets: updates },
      readState: {
        inputs: {},
        outputs: Object.fromEntries(g.variables.map((variable) => [variable.name, variable.read()])),
      },
    },
  };
}

/** Starting values for {@link networkProgram}. */
export function networkState(program: Program, seed: number): Record<string, TensorValue> {
  const start = (variable: Variable): number[] => {
    const random = createRandom(seed, variable.name);
    const size = variable.shape.reduce((product, each) => product * each, 1);
    const fixed = { scale: 1, variance: 1, beta1Power: 0.9, beta2Power: 0.999 }[variable.name];
    const isWeight = variable.name === 'filter' || variable.name === 'dense';
    return Array.from({ length: size }, () => (isWeight ? 0.3 * random.normal() : (fixed ?? 0)));
  };
  return Object.fromEntries(
    program.graph.variables.map((variable) => [variable.name, float32(start(variable), variable.shape)]),
  );
}

/** A batch whose classes differ in brightness, so that there is something to learn. */
export function networkBatch(seed: number, count: number): { pixels: TensorValue; labels: TensorValue } {
  const random = createRandom(seed, 'batch');
  const labels = Array.from({ length: count }, (_, index) => index % CLASSES);
  const pixels = Uint8Array.from(
    labels.flatMap((label) => Array.from({ length: SIZE * SIZE }, () => random.integer(60 * label, 60 * label + 80))),
  );
  return { pixels: { dtype: 'uint8', shape: [count, SIZE, SIZE, 1], data: pixels }, labels: int32(labels) };
}
