import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Engine } from '#libs/engine';
import { namedDevices, TrainingSession, type NetworkState } from '#libs/nn';
import { startOn } from '../../../scripts/devices/train.js';
import { assertClose, readFixture, summary } from './_compare.js';
import { formulaConfig, formulaLabels, formulaPixels, formulaState } from './_formula.js';

/** Training by PyTorch with batch norm per shard, as `scripts/fixtures/nn-torch.py` computes it by hand. */
interface Fixture {
  model: string;
  size: number;
  batch: number;
  shards: number;
  learningRate: number;
  distinctBatches: number;
  losses: number[];
  statistics: Record<string, number[]>;
}

const TOLERANCE = 1e-3;

describe("training in shards beside PyTorch's DataParallel", () => {
  let engine: Engine;
  before(async () => {
    engine = await startOn('cpu:2');
  });
  after(() => engine.close());

  /** The loss of every step, and the state in the end. */
  async function train(
    { model, size, batch, shards, learningRate, distinctBatches, losses }: Fixture,
    sharded: boolean,
  ): Promise<{ losses: number[]; weights: NetworkState }> {
    const config = formulaConfig(model, size);
    const session = await TrainingSession.create(
      engine,
      config,
      { name: 'adam', learningRate },
      { weights: formulaState(config) },
      sharded ? { sharding: { count: shards, devices: namedDevices(engine.info.shardDevices) } } : {},
    );
    const images = Array.from({ length: distinctBatches }, (_, step) =>
      formulaPixels(`${model} step ${step}`, batch, size),
    );
    const labels = formulaLabels(batch);
    const own: number[] = [];
    for (const step of losses.keys()) {
      const { loss } = await session.trainStep({ pixels: images[step % distinctBatches]!, labels, count: batch });
      own.push(loss);
    }
    const weights = await session.readWeights();
    await session.close();
    return { losses: own, weights };
  }

  const furthest = (own: readonly number[], losses: readonly number[]): number =>
    Math.max(...own.map((loss, step) => Math.abs(loss - losses[step]!)));

  const fixtures = readFixture<{ cases: Fixture[] }>('data-parallel').cases;
  for (const fixture of fixtures) {
    const { model, batch, losses, shards } = fixture;
    const what = `${losses.length} steps of ${model}, ${batch} images in ${shards} shards`;
    it(`${what}: losses and running statistics are PyTorch's`, async () => {
      const { losses: own, weights } = await train(fixture, true);
      assert.ok(furthest(own, losses) <= TOLERANCE, `${furthest(own, losses)}`);
      for (const [name, expected] of Object.entries(fixture.statistics))
        assertClose(summary(name, weights.get(name)!.data), expected, 10 * TOLERANCE, name);
    });
  }

  it('with the statistics of whole batches the losses are others', async () => {
    const [fixture] = fixtures;
    const { losses } = await train(fixture!, false);
    assert.ok(furthest(losses, fixture!.losses) > 10 * TOLERANCE, `${furthest(losses, fixture!.losses)}`);
  });
});
