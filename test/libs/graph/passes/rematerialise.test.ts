import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startEngine, type Engine } from '#libs/engine';
import {
  add,
  assignVariable,
  cast,
  conv2d,
  fusedBatchNorm,
  gradients,
  Graph,
  hardSwish,
  maxPool,
  mean,
  pad,
  relu,
  resourceApplyGradientDescent,
  serializeProgram,
  square,
  type Program,
  type SerializedProgram,
  type Tensor,
  type TensorValue,
  type Variable,
} from '#libs/graph';
import { rematerialise } from '../../../../libs/graph/passes/training/rematerialise.js';
import { createRandom } from '#libs/random';
import { float32, numbers } from '../_programs.js';

const SIZE = 12;
const CHANNELS = 16;
const BATCH = 3;

/**
 * A training step with everything that is recomputed: batch norms alone, with a ReLU and under a hard swish, paddings
 * before a convolution and a pool, and a sum of branches, which is kept.
 */
function exampleProgram(precision: 'float32' | 'bfloat16'): Program {
  const g = new Graph();
  const x = g.placeholder('x', 'float32', [-1, SIZE, SIZE, CHANNELS]);
  const variables: Variable[] = [];
  const variable = (name: string, shape: readonly number[]): Variable => {
    const made = g.variable(name, shape);
    variables.push(made);
    return made;
  };
  const trained: Variable[] = [];
  const parameter = (name: string, shape: readonly number[]): Tensor => {
    const made = variable(name, shape);
    trained.push(made);
    return made.read();
  };
  const convolution = (name: string, input: Tensor, px: number, strides = 1): Tensor =>
    conv2d(g, input, cast(g, parameter(name, [px, px, CHANNELS, CHANNELS]), precision), {
      strides,
      padding: strides === 1 ? 'SAME' : 'VALID',
    });
  const statistics: { node: string }[] = [];
  const batchNorm = (name: string, input: Tensor): Tensor => {
    const [average, variance] = [variable(`${name}/mean`, [CHANNELS]), variable(`${name}/variance`, [CHANNELS])];
    const result = fusedBatchNorm(
      g,
      input,
      parameter(`${name}/scale`, [CHANNELS]),
      parameter(`${name}/offset`, [CHANNELS]),
      average.read(),
      variance.read(),
      { epsilon: 1e-5, training: true, momentum: 0.1 },
    );
    statistics.push(assignVariable(g, average, result.batchMean), assignVariable(g, variance, result.batchVariance));
    return result.y;
  };
  const border = (input: Tensor): Tensor =>
    pad(g, input, [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ]);

  const stem = relu(g, batchNorm('bn1', convolution('conv1', cast(g, x, precision), 3)));
  const pooled = maxPool(g, border(stem), { window: 3, strides: 2, padding: 'VALID' });
  const branch = batchNorm('bn3', convolution('conv3', relu(g, batchNorm('bn2', convolution('conv2', pooled, 1))), 3));
  const joined = relu(g, add(g, branch, pooled));
  const narrow = hardSwish(g, batchNorm('bn4', convolution('conv4', border(joined), 3, 2)));
  const last = batchNorm('bn5', convolution('conv5', narrow, 1));
  const loss = mean(g, square(g, cast(g, convolution('conv6', last, 1), 'float32')));
  const weightGradients = gradients(
    g,
    loss,
    trained.map((each) => each.read()),
  );
  const rate = g.constant(0.1);
  const updates = trained.map((each, index) => resourceApplyGradientDescent(g, each, rate, weightGradients[index]!));
  const values = variables.map((each): [string, Tensor] => [
    each.name,
    g.placeholder(`write/${each.name}`, 'float32', each.shape),
  ]);
  return {
    graph: g,
    signatures: {
      step: { inputs: { x }, outputs: { loss }, targets: [...updates, ...statistics] },
      write: {
        inputs: Object.fromEntries(values),
        outputs: {},
        targets: values.map(([, value], index) => assignVariable(g, variables[index]!, value)),
      },
      read: { inputs: {}, outputs: Object.fromEntries(variables.map((each) => [each.name, each.read()])) },
    },
  };
}

/** Numbers around 0, the same for the same name. */
function valueFor(name: string, shape: readonly number[]): TensorValue {
  const random = createRandom(3, name);
  return float32(
    Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => 0.3 * random.normal()),
    [...shape],
  );
}
const images = valueFor('images', [BATCH, SIZE, SIZE, CHANNELS]);

describe('what a training step recomputes instead of keeping it', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ label: 'test' });
  });
  after(() => engine.close());

  /** Loss of each step, and all variables after the last. */
  async function train(program: SerializedProgram, start: Readonly<Record<string, TensorValue>>): Promise<number[]> {
    const loaded = await engine.load(program);
    await loaded.run('write', start);
    const losses: number[] = [];
    for (let step = 0; step < 3; step++) losses.push(...numbers((await loaded.run('step', { x: images }))['loss']));
    const values = await loaded.run('read');
    await loaded.unload();
    return [...losses, ...Object.values(values).flatMap(numbers)];
  }

  const startOf = (program: Program): Record<string, TensorValue> =>
    Object.fromEntries(
      Object.entries(program.signatures['write']!.inputs).map(([name, { shape }]) => [name, valueFor(name, shape)]),
    );
  const difference = (actual: readonly number[], expected: readonly number[]): number =>
    Math.max(...actual.map((value, index) => Math.abs(value - expected[index]!)));

  it('float32: losses and variables after three steps are the same within rounding', async (test) => {
    if (!engine.info.oneDnn) return test.skip('a rewrite for oneDNN');
    const program = exampleProgram('float32');
    const kept = await train(serializeProgram(program), startOf(program));
    assert.ok(kept.every(Number.isFinite) && kept[2]! < kept[0]!);
    assert.ok(difference(await train(serializeProgram(program, { oneDnn: true }), startOf(program)), kept) < 1e-6);
  });

  it('bfloat16: losses and variables are as near to float32 as when everything is kept', async (test) => {
    if (!engine.info.oneDnn) return test.skip('a rewrite for oneDNN');
    const [exact, program] = [exampleProgram('float32'), exampleProgram('bfloat16')];
    const reference = await train(serializeProgram(exact), startOf(exact));
    const asIs = difference(await train(serializeProgram(program), startOf(program)), reference);
    const recomputed = difference(
      await train(serializeProgram(program, { oneDnn: true }), startOf(program)),
      reference,
    );
    assert.ok(recomputed < 1.5 * asIs, `${recomputed}, as it is ${asIs}`);
  });

  it('of what it can recompute the backward pass uses nothing from the forward pass; sums of branches it does', () => {
    const { graph } = rematerialise(exampleProgram('float32'));
    const users = graph.nodes.filter(({ type }) =>
      ['Conv2DBackpropFilter', 'ReluGrad', 'Relu6Grad', 'MaxPoolGrad'].includes(type),
    );
    const fromForward = users
      .flatMap(({ inputs }) => inputs)
      .filter(({ node }) => /^(Relu|Pad|hardSwish|FusedBatchNorm)/.test(node) && !node.includes('/recomputed'));
    assert.equal(users.length, 6 + 3 + 1 + 1);
    const sum = graph.nodes.find(
      ({ type, inputs }) => type === 'Relu' && graph.node(inputs[0]!.node).type === 'AddV2',
    )!;
    assert.deepEqual([...new Set(fromForward.map(({ node }) => node))], [sum.name]);
  });

  it('two backward passes over one forward pass each recompute for themselves', () => {
    const g = new Graph();
    const x = g.placeholder('x', 'float32', [2, SIZE, SIZE, CHANNELS]);
    const filter = g.variable('filter', [3, 3, CHANNELS, CHANNELS]).read();
    const y = conv2d(
      g,
      pad(g, x, [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ]),
      filter,
      { padding: 'VALID' },
    );
    const filterGradients = [mean(g, y), mean(g, square(g, y))].map((loss) => gradients(g, loss, [filter])[0]!);
    const { graph } = rematerialise({
      graph: g,
      signatures: Object.fromEntries(
        filterGradients.map((gradient, index) => [`loss${index}`, { inputs: { x }, outputs: { gradient } }]),
      ),
    });
    const paddings = graph.nodes
      .filter(({ type }) => type === 'Conv2DBackpropFilter')
      .map(({ inputs }) => inputs[0]!.node);
    assert.equal(new Set(paddings).size, 2);
    paddings.forEach((name, index) =>
      assert.ok(
        graph.node(name).controlInputs.every((start) => start.startsWith(index === 0 ? 'gradients/' : 'gradients_1/')),
        name,
      ),
    );
  });

  it('a program without a backward pass stays as it is', () => {
    const g = new Graph();
    const program = {
      graph: g,
      signatures: { run: { inputs: {}, outputs: { y: relu(g, g.variable('v', [2]).read()) } } },
    };
    assert.equal(rematerialise(program), program);
  });
});
