import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startEngine, type Engine } from '#libs/engine';
import {
  Graph,
  resourceApplyAdam,
  resourceApplyGradientDescent,
  resourceApplyMomentum,
  assignVariable,
  type Operation,
  type Program,
  type Tensor,
  type Variable,
} from '#libs/graph';
import {
  counterProgram,
  float32,
  hasBfloat16,
  networkBatch,
  networkProgram,
  networkState,
  NO_BFLOAT16,
  numbers,
} from '../graph/_programs.js';

let engine: Engine;
before(async () => {
  engine = await startEngine({ label: 'test training', threads: 2 });
});
after(() => engine.close());

/** Trains the small network for some steps; returns the losses and the state at the end. */
async function train(
  precision: 'float32' | 'bfloat16',
  steps: number,
): Promise<{ losses: number[]; state: Record<string, number[]> }> {
  const program = networkProgram(precision);
  const loaded = await engine.load(program);
  await loaded.run('initialise', networkState(program, 1));
  const losses: number[] = [];
  for (let step = 0; step < steps; step++)
    losses.push(...numbers((await loaded.run('trainStep', networkBatch(step, 12)))['loss']));
  const state = await loaded.run('readState');
  await loaded.unload();
  return { losses, state: Object.fromEntries(Object.entries(state).map(([name, value]) => [name, numbers(value)])) };
}

test('the same program with the same seed gives bit-equal losses and weights', async () => {
  const [first, second] = [await train('float32', 20), await train('float32', 20)];
  assert.deepEqual(first, second);
});

test('training lowers the loss, in bfloat16 close to float32', async (t) => {
  const exact = await train('float32', 60);
  assert.ok(exact.losses.at(-1)! < 0.7 * exact.losses[0]!, `float32: ${exact.losses[0]} → ${exact.losses.at(-1)}`);
  if (!hasBfloat16(engine)) return t.diagnostic(NO_BFLOAT16);
  const rounded = await train('bfloat16', 60);
  assert.ok(
    rounded.losses.at(-1)! < 0.7 * rounded.losses[0]!,
    `bfloat16: ${rounded.losses[0]} → ${rounded.losses.at(-1)}`,
  );
  assert.ok(
    Math.abs(exact.losses[5]! - rounded.losses[5]!) < 0.02,
    `after 5 steps: ${exact.losses[5]} and ${rounded.losses[5]}`,
  );
});

test('signatures of one program share its variables, another program has its own', async () => {
  const [one, other] = [await engine.load(counterProgram()), await engine.load(counterProgram())];
  await one.run('write', { value: float32([1, 2]) });
  await other.run('write', { value: float32([10, 20]) });
  assert.deepEqual(numbers((await one.run('add', { value: float32([0.5, 0.5]) }))['sum']), [1.5, 2.5]);
  assert.deepEqual(numbers((await one.run('read'))['counter']), [1.5, 2.5]);
  assert.deepEqual(numbers((await other.run('read'))['counter']), [10, 20]);
  await Promise.all([one.unload(), other.unload()]);
});

/** Applies an update three times to one weight vector with a constant gradient; returns the weights after each. */
async function optimise(
  update: (g: Graph, weight: Variable, gradient: Tensor, slots: { a: Variable; b: Variable }) => Operation,
): Promise<number[][]> {
  const g = new Graph();
  const [weight, a, b] = [g.variable('weight', [2]), g.variable('a', [2]), g.variable('b', [2])];
  const gradient = g.placeholder('gradient', 'float32', [2]);
  const program: Program = {
    graph: g,
    signatures: {
      start: {
        inputs: {},
        outputs: {},
        targets: [
          assignVariable(g, weight, g.constant([1, -1])),
          assignVariable(g, a, g.constant([0, 0])),
          assignVariable(g, b, g.constant([0, 0])),
        ],
      },
      step: { inputs: { gradient }, outputs: {}, targets: [update(g, weight, gradient, { a, b })] },
      read: { inputs: {}, outputs: { weight: weight.read() } },
    },
  };
  const loaded = await engine.load(program);
  await loaded.run('start');
  const path: number[][] = [];
  for (const gradient of [
    [1, -2],
    [0.5, 3],
    [-1, 1],
  ]) {
    await loaded.run('step', { gradient: float32(gradient) });
    path.push(numbers((await loaded.run('read'))['weight']));
  }
  await loaded.unload();
  return path;
}

const closeTo = (actual: readonly number[][], expected: readonly number[][]): void =>
  actual.forEach((row, step) =>
    row.forEach((value, element) =>
      assert.ok(
        Math.abs(value - expected[step]![element]!) < 1e-6,
        `step ${step}: ${row.join()} against ${expected[step]!.join()}`,
      ),
    ),
  );

test('gradient descent moves against the gradient', async () => {
  closeTo(await optimise((g, weight, gradient) => resourceApplyGradientDescent(g, weight, g.constant(0.1), gradient)), [
    [0.9, -0.8],
    [0.85, -1.1],
    [0.95, -1.2],
  ]);
});

test('momentum accumulates gradients as PyTorch does', async () => {
  // By hand: buffer ← 0.9·buffer + gradient, weight −= 0.1·buffer.
  closeTo(
    await optimise((g, weight, gradient, { a }) =>
      resourceApplyMomentum(g, weight, a, g.constant(0.1), gradient, g.constant(0.9)),
    ),
    [
      [0.9, -0.8],
      [0.76, -0.92],
      [0.734, -1.128],
    ],
  );
});

test("Adam's first step is the learning rate in the gradient's direction", async () => {
  const scalars = (g: Graph) => ({
    beta1Power: g.constant(0.9),
    beta2Power: g.constant(0.999),
    learningRate: g.constant(0.1),
    beta1: g.constant(0.9),
    beta2: g.constant(0.999),
    epsilon: g.constant(1e-8),
  });
  const path = await optimise((g, weight, gradient, { a, b }) =>
    resourceApplyAdam(g, weight, a, b, scalars(g), gradient),
  );
  closeTo(path.slice(0, 1), [[0.9, -0.9]]);
});
