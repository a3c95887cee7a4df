import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startEngine, type Engine } from '#libs/engine';
import { InferenceSession, initialState, type Head, type NetworkConfig, type NetworkState } from '#libs/nn';
import { assertClose, readFixture } from './_compare.js';
import { formulaConfig, formulaPixels, formulaState } from './_formula.js';

interface Case {
  model: string;
  head: Head;
  size: number;
  method: 'cam' | 'grad-cam';
  classes: number[];
  shape: [number, number, number];
  maps: number[];
}

const { cases } = readFixture<{ cases: Case[] }>('explanation');

/**
 * Centre of cell 0 and distance of cells in pixels, by hand. A convolution of stride 2 padded on both sides looks
 * around every second pixel, so its cell 0 stays on pixel 0; a pool of 2 looks between two.
 */
const GRIDS: Readonly<Record<string, { centerPx: number; stridePx: number }>> = {
  'baseline-cnn': { centerPx: 2, stridePx: 4 },
  resnet18: { centerPx: 0.5, stridePx: 32 },
  vgg16: { centerPx: 16, stridePx: 32 },
  // Stem 4 px a cell on pixel 0; the three average pools put the cell between 0 and 4, then 0 and 8 further, then 16.
  densenet121: { centerPx: 0.5 + 2 + 4 + 8, stridePx: 32 },
  mobilenet_v3_small: { centerPx: 0.5, stridePx: 32 },
};

describe('heat maps', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ label: 'test' });
  });
  after(() => engine.close());

  const create = (config: NetworkConfig, weights: NetworkState): Promise<InferenceSession> =>
    InferenceSession.create(engine, config, weights, { explanations: true });

  for (const { model, head, size, method, classes, shape, maps } of cases) {
    it(`of ${model} are those of PyTorch in float64 (${method}), and lie where its layers look`, async () => {
      const config = { ...formulaConfig(model, size), head };
      const session = await create(config, formulaState(config));
      const heatMaps = await session.explain(formulaPixels(`${model} explained`, 2, size), Int32Array.from(classes), 2);
      await session.close();
      assert.deepEqual(session.explanation, { method, height: shape[1], width: shape[2], grid: GRIDS[model] });
      assertClose(heatMaps, maps, 2e-4, 'heat maps');
    });
  }

  it("with a pooled linear head, a map's mean and the class's bias are its logit, also in bfloat16", async () => {
    const weights = new Map(initialState({ ...formulaConfig('resnet10-slim', 64), classes: 2 }, 3));
    const bias = Float32Array.of(0.25, -0.5);
    weights.set('fc.bias', { shape: [2], data: bias });
    const pixels = formulaPixels('a logit', 1, 64);
    for (const precision of ['float32', 'bfloat16'] as const) {
      const session = await create({ ...formulaConfig('resnet10-slim', 64), classes: 2, precision }, weights);
      const logits = await Promise.all(
        [0, 1].map(async (index) => {
          const heatMap = await session.explain(pixels, Int32Array.of(index), 1);
          return heatMap.reduce((sum, value) => sum + value, 0) / heatMap.length + bias[index]!;
        }),
      );
      const [first, second] = await session.predict(pixels, 1);
      await session.close();
      // Two classes: the difference of the logits is the logarithm of the odds.
      const odds = Math.log(first! / second!);
      assert.ok(
        Math.abs(logits[0]! - logits[1]! - odds) <= (precision === 'float32' ? 1e-4 : 2e-2) * Math.abs(odds),
        `${precision}: ${logits[0]! - logits[1]!} instead of ${odds}`,
      );
    }
  });

  it('predictions are the same to the bit with and without explanations', async () => {
    const config = formulaConfig('resnet10-slim', 64);
    const pixels = formulaPixels('the same', 2, 64);
    const [plain, explaining] = [
      await InferenceSession.create(engine, config, formulaState(config)),
      await create(config, formulaState(config)),
    ];
    const before = await explaining.predict(pixels, 2);
    await explaining.explain(pixels, Int32Array.of(0, 3), 2);
    assert.deepEqual(before, await plain.predict(pixels, 2));
    assert.deepEqual(await explaining.predict(pixels, 2), before);
    await assert.rejects(plain.explain(pixels, Int32Array.of(0, 3), 2), /without explanations/);
    await assert.rejects(explaining.explain(pixels, Int32Array.of(0, 4), 2), /Label 4 is not in 0 to 3/);
    await Promise.all([plain.close(), explaining.close()]);
  });
});
