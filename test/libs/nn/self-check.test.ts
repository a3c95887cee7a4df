import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startEngine, type Engine } from '#libs/engine';
import { runSelfCheck } from '#libs/nn';
import { REFERENCE } from '../../../libs/nn/self-check/reference.js';

describe('self-check', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ label: 'test' });
  });
  after(() => engine.close());

  it("float32 training steps are PyTorch's, far closer than the tolerances ask", async () => {
    const { passed, comparisons } = await runSelfCheck(engine, 'float32');
    assert.ok(passed);
    for (const { what, difference, tolerance } of comparisons)
      assert.ok(difference < tolerance / 10, `${what}: ${difference}`);
  });

  it('one gradient, one statistic or one loss that is off by a hundredth is noticed, each in its place', async () => {
    const [conv, mean] = ['layer3.0.conv2.weight', 'layer2.0.bn1.running_mean'] as const;
    const off = ([size, projection]: readonly [number, number]): [number, number] => [size * 1.01, projection * 1.01];
    const wrong = {
      ...REFERENCE,
      losses: [REFERENCE.losses[0], REFERENCE.losses[1] * 1.01] as [number, number],
      gradients: { ...REFERENCE.gradients, [conv]: off(REFERENCE.gradients[conv]) },
      statistics: { ...REFERENCE.statistics, [mean]: off(REFERENCE.statistics[mean]) },
    };
    const { passed, comparisons } = await runSelfCheck(engine, 'float32', wrong);
    assert.equal(passed, false);
    assert.deepEqual(
      comparisons.filter(({ difference, tolerance }) => difference > tolerance).map(({ what }) => what),
      ['gradients', 'running statistics', 'loss after the step'],
    );
  });

  it('a tensor that is not there is no small difference', async () => {
    const { comparisons } = await runSelfCheck(engine, 'float32', {
      ...REFERENCE,
      statistics: { 'bn9.running_mean': [1, 0] },
    });
    assert.equal(comparisons.find(({ what }) => what === 'running statistics')!.difference, Infinity);
  });
});
