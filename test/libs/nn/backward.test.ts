import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startEngine, type Engine } from '#libs/engine';
import { TrainingSession, type NetworkState } from '#libs/nn';
import { readFixture } from './_compare.js';
import { formulaConfig, formulaLabels, formulaPixels, formulaState, repeated } from './_formula.js';

interface Case {
  model: string;
  size: number;
  batch: number;
  loss: number;
  gradients: [number, number][];
  statistics: [number, number][];
}

const { cases } = readFixture<{ cases: Case[] }>('backward');

/** As in the fixtures: root mean square, and mean product with numbers in [-1, 1) drawn by the key. */
function projection(key: string, data: Float32Array): [number, number] {
  const directions = repeated(`direction of ${key}`, data.length, (value) => 2 * value - 1);
  let squares = 0;
  let products = 0;
  for (let index = 0; index < data.length; index++) {
    squares += data[index]! ** 2;
    products += data[index]! * directions[index]!;
  }
  return [Math.sqrt(squares / data.length), products / data.length];
}

function assertProjections(
  state: NetworkState,
  suffix: string,
  expected: readonly [number, number][],
  tolerance: number,
): void {
  const names = [...state.keys()].sort();
  assert.equal(names.length, expected.length);
  const largest = Math.max(...expected.map(([size]) => size));
  for (const [index, name] of names.entries()) {
    const key = name.slice(0, name.length - suffix.length);
    const [size, product] = projection(key, state.get(name)!.data);
    const [expectedSize, expectedProduct] = expected[index]!;
    // A gradient that is zero but for rounding (of a bias in front of a batch norm) has no scale of its own.
    const allowed = tolerance * (expectedSize + 1e-4 * largest);
    assert.ok(
      Math.abs(size - expectedSize) <= allowed && Math.abs(product - expectedProduct) <= allowed,
      `${key}: ${size} and ${product} instead of ${expectedSize} and ${expectedProduct}`,
    );
  }
}

describe('one training step of deep networks against PyTorch in float64', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ label: 'test' });
  });
  after(() => engine.close());

  for (const { model, size, batch, loss, gradients, statistics } of cases) {
    it(`${model}: loss, every gradient and all running statistics`, async () => {
      const config = { ...formulaConfig(model, size), dropout: 0 };
      // The first momentum buffer is the gradient.
      const session = await TrainingSession.create(
        engine,
        config,
        { name: 'sgd', learningRate: 1, momentum: 0.9 },
        { weights: formulaState(config) },
      );
      const step = await session.trainStep({
        pixels: formulaPixels(`${model} step 0`, batch, size),
        labels: formulaLabels(batch),
        count: batch,
        learningRate: 0,
      });
      const state = await session.readState();
      await session.close();
      assert.ok(Math.abs(step.loss - loss) <= 1e-3 * loss, `loss ${step.loss} instead of ${loss}`);
      const slots = new Map([...state.optimizer].filter(([name]) => name.endsWith('.momentum_buffer')));
      assertProjections(
        new Map([...state.weights].filter(([name]) => name.includes('running_'))),
        '',
        statistics,
        1e-4,
      );
      // Batch norm over few values amplifies rounding: the first layers of float32 are off by up to half a percent.
      assertProjections(slots, '.momentum_buffer', gradients, 1e-2);
    });
  }
});
