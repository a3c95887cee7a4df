import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startEngine, type Engine } from '#libs/engine';
import {
  add,
  assignVariable,
  biasAdd,
  cast,
  conv2d,
  depthwiseConv2d,
  freezeForInference,
  fusedBatchNorm,
  Graph,
  matMul,
  mean,
  pad,
  relu,
  relu6,
  serializeProgram,
  transpose,
  type FrozenValues,
  type Program,
  type SerializedProgram,
  type Tensor,
  type TensorValue,
} from '#libs/graph';
import { createRandom } from '#libs/random';
import { float32, hasBfloat16, NO_BFLOAT16, numbers } from '../_programs.js';

const SIZE = 12;
/** More than the engine keeps inside a graph, so that stored constants are tested too. */
const CHANNELS = 24;

/** Values by name: variances and scales positive, the rest around 0. */
function randomValues(shapes: ReadonlyMap<string, readonly number[]>): FrozenValues {
  return new Map(
    [...shapes].map(([name, shape]) => {
      const random = createRandom(1, name);
      const count = shape.reduce((product, size) => product * size, 1);
      return [
        name,
        {
          shape,
          data: Float32Array.from({ length: count }, () =>
            /variance|scale/.test(name) ? random.uniform(0.5, 1.5) : 0.3 * random.normal(),
          ),
        },
      ];
    }),
  );
}

/**
 * Everything the passes know: padding, strides, both convolutions, sums on both sides, activations, and a batch norm
 * that must stay.
 */
function exampleProgram(precision: 'float32' | 'bfloat16'): { program: Program; values: FrozenValues } {
  const g = new Graph();
  const x = g.placeholder('x', 'float32', [-1, SIZE, SIZE, CHANNELS]);
  const shapes = new Map<string, readonly number[]>();
  const inputs: Record<string, Tensor> = {};
  const targets: { node: string }[] = [];
  const parameter = (name: string, shape: readonly number[], permutation?: readonly number[]): Tensor => {
    const outside = permutation ? permutation.map((_, axis) => shape[permutation.indexOf(axis)]!) : shape;
    const variable = g.variable(name, shape);
    const value = g.placeholder(`write/${name}`, 'float32', outside);
    targets.push(assignVariable(g, variable, permutation ? transpose(g, value, permutation) : value));
    inputs[name] = value;
    shapes.set(name, outside);
    return variable.read();
  };
  const batchNorm = (name: string, input: Tensor): Tensor => {
    const [scale, offset, average, variance] = ['scale', 'offset', 'mean', 'variance'].map((part) =>
      parameter(`${name}/${part}`, [CHANNELS]),
    );
    return fusedBatchNorm(g, input, scale!, offset!, average!, variance!, { epsilon: 1e-5, training: false }).y;
  };
  const filter = (name: string, px: number): Tensor =>
    cast(g, parameter(name, [px, px, CHANNELS, CHANNELS], [2, 3, 1, 0]), precision);

  const start = cast(g, x, precision);
  const first = relu(g, batchNorm('bn1', conv2d(g, start, filter('conv1', 3), { padding: 'SAME' })));
  const second = batchNorm('bn2', conv2d(g, first, filter('conv2', 1), { padding: 'VALID' }));
  const joined = relu(g, add(g, second, first));
  const padded = pad(g, joined, [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0],
  ]);
  const down = batchNorm('bn3', conv2d(g, padded, filter('conv3', 3), { strides: 2, padding: 'VALID' }));
  const shortcut = batchNorm('bn4', conv2d(g, joined, filter('conv4', 1), { strides: 2, padding: 'VALID' }));
  const both = relu(g, add(g, shortcut, down));
  const depthwise = relu6(
    g,
    batchNorm(
      'bn5',
      depthwiseConv2d(g, both, cast(g, parameter('conv5', [3, 3, CHANNELS, 1]), precision), { padding: 'SAME' }),
    ),
  );
  const biased = biasAdd(
    g,
    conv2d(g, depthwise, filter('conv6', 1), { padding: 'VALID' }),
    cast(g, parameter('bias6', [CHANNELS]), precision),
  );
  // Two users of one convolution: neither its batch norm nor its bias may be folded away from the other.
  const shared = conv2d(g, relu(g, batchNorm('bn6', biased)), filter('conv7', 1), { padding: 'VALID' });
  const last = add(g, relu(g, batchNorm('bn7', shared)), shared);
  const y = matMul(g, cast(g, mean(g, last, [1, 2]), 'float32'), parameter('dense', [CHANNELS, 5]));
  const program = {
    graph: g,
    signatures: { predict: { inputs: { x }, outputs: { y } }, write: { inputs, outputs: {}, targets } },
  };
  return { program, values: randomValues(shapes) };
}

const typesOf = (program: Program): string[] => program.graph.nodes.map(({ type }) => type);

describe('programs that only predict', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ label: 'test' });
  });
  after(() => engine.close());

  const random = createRandom(2, 'images');
  const count = 3;
  const images = float32(
    Float32Array.from({ length: count * SIZE * SIZE * CHANNELS }, () => random.normal()),
    [count, SIZE, SIZE, CHANNELS],
  );

  const predict = async (
    program: Program | SerializedProgram,
    writes?: Record<string, TensorValue>,
  ): Promise<number[]> => {
    const loaded = await engine.load(program);
    if (writes) await loaded.run('write', writes);
    const { y } = await loaded.run('predict', { x: images });
    await loaded.unload();
    return numbers(y);
  };
  const difference = (actual: readonly number[], expected: readonly number[]): number =>
    Math.max(...actual.map((value, index) => Math.abs(value - expected[index]!))) / Math.max(...expected.map(Math.abs));
  const asWritten = ({ program, values }: ReturnType<typeof exampleProgram>): Promise<number[]> =>
    predict(
      program,
      Object.fromEntries([...values].map(([name, value]) => [name, { dtype: 'float32' as const, ...value }])),
    );

  it('float32: frozen and fused, it gives the numbers of the network within 1e-5', async () => {
    const example = exampleProgram('float32');
    const expected = await asWritten(example);
    const frozen = freezeForInference(example.program, 'write', example.values);
    assert.ok(
      difference(await predict(engine.info.kind === 'portable' ? frozen : serializeProgram(frozen)), expected) < 1e-5,
    );
    if (engine.info.oneDnn)
      assert.ok(difference(await predict(serializeProgram(frozen, { oneDnn: true })), expected) < 1e-5);
  });

  it('bfloat16: frozen and fused, it is as near to float32 as the network itself, within rounding', async (t) => {
    if (!hasBfloat16(engine)) return t.skip(NO_BFLOAT16);
    const exact = await asWritten(exampleProgram('float32'));
    const example = exampleProgram('bfloat16');
    const asIs = difference(await asWritten(example), exact);
    const frozen = freezeForInference(example.program, 'write', example.values);
    for (const oneDnn of engine.info.oneDnn ? [false, true] : [false]) {
      const error = difference(await predict(serializeProgram(frozen, { oneDnn })), exact);
      assert.ok(error < 1.5 * asIs + 0.005, `${error}, as it is ${asIs}`);
    }
  });

  it('frozen, it holds plain ops only: no variable, and a batch norm only where a convolution has another user', () => {
    const { program, values } = exampleProgram('bfloat16');
    const types = typesOf(freezeForInference(program, 'write', values));
    assert.deepEqual(
      types.filter((type) => /Variable|VarHandle|^_/.test(type)),
      [],
    );
    // bn6 follows a bias, bn7 a convolution with two users.
    assert.equal(types.filter((type) => type === 'FusedBatchNormV3').length, 2);
    assert.equal(types.filter((type) => type === 'Conv2D').length, 6);
  });

  it('rewritten for oneDNN it names the fused op; only frozen programs are rewritten', () => {
    const { program, values } = exampleProgram('float32');
    const holdsFused = (serialized: SerializedProgram): boolean =>
      Buffer.from(serialized.savedModel).includes('_MklNativeFusedConv2D');
    const frozen = freezeForInference(program, 'write', values);
    assert.equal(holdsFused(serializeProgram(frozen, { oneDnn: true })), true);
    assert.equal(holdsFused(serializeProgram(frozen)), false);
    assert.deepEqual(serializeProgram(program, { oneDnn: true }), serializeProgram(program));
  });

  it('large constants travel beside the graph', () => {
    const { program, values } = exampleProgram('float32');
    const { savedModel, constants } = serializeProgram(freezeForInference(program, 'write', values));
    assert.equal(constants?.feeds.length, 2); // the two 3×3 convolutions
    assert.ok(savedModel.byteLength < constants.feeds.reduce((sum, { bytes }) => sum + bytes.byteLength, 0));
  });

  it('values that do not fit are refused by name', () => {
    const { program, values } = exampleProgram('float32');
    const without = new Map([...values].filter(([name]) => name !== 'bn3/offset'));
    assert.throws(
      () => freezeForInference(program, 'write', without),
      /"bn3\/offset" must be float32\[24\], got nothing/,
    );
    assert.throws(
      () =>
        freezeForInference(
          program,
          'write',
          new Map(values).set('dense', { shape: [5, CHANNELS], data: new Float32Array(5 * CHANNELS) }),
        ),
      /"dense" must be float32\[24,5\], got \[5,24\]/,
    );
    assert.throws(() => freezeForInference(program, 'load', values), /no signature "load"/);
  });
});
