import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startEngine, type Engine } from '#libs/engine';
import type { SulcusError } from '#libs/errors';
import {
  decodeSafetensors,
  encodeSafetensors,
  InferenceSession,
  initialState,
  TrainingSession,
  type NetworkConfig,
  type NetworkState,
  type OptimizerConfig,
} from '#libs/nn';
import { isCode } from '../../helpers/errors.js';
import { hasBfloat16, NO_BFLOAT16 } from '../graph/_programs.js';
import { formulaConfig, formulaLabels, formulaPixels } from './_formula.js';

const SIZE = 32;
const config: NetworkConfig = formulaConfig('resnet10-slim', SIZE);
const adam: OptimizerConfig = { name: 'adam', learningRate: 0.001 };
const batch = (key: string, count: number) => ({
  pixels: formulaPixels(key, count, SIZE),
  labels: formulaLabels(count),
  count,
});

function assertSame(actual: NetworkState, expected: NetworkState): void {
  assert.deepEqual([...actual.keys()].sort(), [...expected.keys()].sort());
  for (const [name, { shape, data }] of expected) {
    assert.deepEqual(actual.get(name)!.shape, shape, name);
    assert.ok(
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).equals(
        Buffer.from(actual.get(name)!.data.buffer, actual.get(name)!.data.byteOffset, data.byteLength),
      ),
      `${name} differs`,
    );
  }
}

describe('sessions', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ label: 'test' });
  });
  after(() => engine.close());

  const openTraining = (optimizer = adam): Promise<TrainingSession> =>
    TrainingSession.create(engine, config, optimizer, { weights: initialState(config, 1) });
  it('what was written is read back bit for bit', async () => {
    const session = await openTraining();
    assertSame(await session.readWeights(), initialState(config, 1));
    await session.close();
  });

  for (const optimizer of [
    adam,
    { name: 'sgd', learningRate: 0.01, momentum: 0.9 },
    { name: 'sgd', learningRate: 0.01 },
  ] satisfies OptimizerConfig[]) {
    const title = [optimizer.name, ...('momentum' in optimizer ? ['with momentum'] : [])].join(' ');
    it(`stopping, saving to files and going on is the same to the last bit as not stopping: ${title}`, async () => {
      const straight = await openTraining(optimizer);
      for (const key of ['a', 'b', 'c', 'd']) await straight.trainStep(batch(key, 4));
      const expected = await straight.readState();
      await straight.close();

      const first = await openTraining(optimizer);
      for (const key of ['a', 'b']) await first.trainStep(batch(key, 4));
      const state = await first.readState();
      await first.close();
      const [weights, memory] = [state.weights, state.optimizer].map(
        (part) => decodeSafetensors(encodeSafetensors(part)).state,
      );
      const second = await TrainingSession.create(engine, config, optimizer, { weights: weights!, optimizer: memory });
      assert.equal(second.steps, 2);
      for (const key of ['c', 'd']) await second.trainStep(batch(key, 4));
      const actual = await second.readState();
      await second.close();
      assertSame(actual.weights, expected.weights);
      assertSame(actual.optimizer, expected.optimizer);
    });
  }

  it('learns: repeated steps on one batch bring its loss near zero, in float32 and in bfloat16', async () => {
    for (const precision of hasBfloat16(engine) ? (['float32', 'bfloat16'] as const) : (['float32'] as const)) {
      const session = await TrainingSession.create(engine, { ...config, precision }, adam, {
        weights: initialState(config, 1),
      });
      const first = await session.trainStep(batch('a', 8));
      for (let step = 0; step < 25; step++) await session.trainStep(batch('a', 8));
      const last = await session.trainStep(batch('a', 8));
      await session.close();
      assert.ok(
        first.loss > 1 && last.loss < 0.1 && last.correct === 8,
        `${precision}: loss ${first.loss} became ${last.loss}`,
      );
    }
  });

  it('bfloat16 gives the losses of float32 within its three digits', async (t) => {
    if (!hasBfloat16(engine)) return t.skip(NO_BFLOAT16);
    const losses = await Promise.all(
      (['float32', 'bfloat16'] as const).map(async (precision) => {
        const session = await TrainingSession.create(engine, { ...config, precision }, adam, {
          weights: initialState(config, 1),
        });
        const { loss } = await session.trainStep(batch('a', 8));
        const { lossSum } = await session.evaluate(batch('b', 8));
        await session.close();
        return [loss, lossSum] as const;
      }),
    );
    for (const [full, half] of [0, 1].map((index) => losses.map((pair) => pair[index]!)))
      assert.ok(Math.abs(full! - half!) < 0.03 * full!, `${full} and ${half}`);
  });

  it('batches may change their size, and a prediction does not depend on its neighbours', async () => {
    const training = await openTraining();
    for (const count of [3, 8, 1]) await training.trainStep(batch(`size ${count}`, count));
    const weights = await training.readWeights();
    const { probabilities, lossSum, correct } = await training.evaluate(batch('x', 5));
    await training.close();
    const inference = await InferenceSession.create(engine, config, weights);
    const together = await inference.predict(batch('x', 5).pixels, 5);
    const pixelsPerImage = SIZE * SIZE * 3;
    let loss = 0;
    let hits = 0;
    for (let image = 0; image < 5; image++) {
      const alone = await inference.predict(
        batch('x', 5).pixels.subarray(image * pixelsPerImage, (image + 1) * pixelsPerImage),
        1,
      );
      const row = [...together.subarray(image * 4, image * 4 + 4)];
      row.forEach((value, index) =>
        assert.ok(Math.abs(value - alone[index]!) < 1e-5 && Math.abs(value - probabilities[image * 4 + index]!) < 1e-5),
      );
      assert.ok(Math.abs(row.reduce((sum, value) => sum + value, 0) - 1) < 1e-5);
      loss -= Math.log(row[image % 4]!);
      hits += Math.max(...row) === row[image % 4] ? 1 : 0;
    }
    await inference.close();
    assert.ok(Math.abs(loss - lossSum) < 1e-3 * loss);
    assert.equal(correct, hits);
  });

  it('evaluation changes nothing, and a rate of 0 moves only the statistics', async () => {
    const session = await openTraining({ name: 'sgd', learningRate: 0.1 });
    await session.evaluate(batch('a', 4));
    assertSame(await session.readWeights(), initialState(config, 1));
    await session.trainStep({ ...batch('a', 4), learningRate: 0 });
    const weights = await session.readWeights();
    await session.close();
    const isStatistic = (name: string): boolean => name.includes('running_');
    const only = (state: NetworkState, statistics: boolean): NetworkState =>
      new Map([...state].filter(([name]) => isStatistic(name) === statistics));
    assertSame(only(weights, false), only(initialState(config, 1), false));
    assert.throws(() => assertSame(only(weights, true), only(initialState(config, 1), true)));
  });

  it('a step whose loss is not finite is refused and changes nothing; training can go on', async () => {
    const session = await openTraining();
    await session.trainStep(batch('a', 4));
    const good = await session.readState();
    const poisoned = new Map(good.weights).set('fc.bias', { shape: [4], data: Float32Array.of(NaN, 0, 0, 0) });
    await session.writeState({ weights: poisoned, optimizer: good.optimizer });
    await assert.rejects(
      session.trainStep(batch('b', 4)),
      (error: SulcusError) =>
        error.code === 'MODEL_INVALID' && error.details['reason'] === 'non-finite-loss' && !error.retryable,
    );
    assert.equal(session.steps, 1);
    await assert.rejects(
      session.readState(),
      (error: SulcusError) => error.code === 'MODEL_INVALID' && error.details['reason'] === 'non-finite-weights',
    );
    await session.writeState({
      weights: new Map(poisoned).set('fc.bias', good.weights.get('fc.bias')!),
      optimizer: good.optimizer,
    });
    assertSame((await session.readState()).weights, good.weights);
    await session.trainStep(batch('b', 4));
    await session.close();
  });

  it('refuses pixels, labels and counts that do not belong together', async () => {
    const training = await openTraining();
    const good = batch('a', 4);
    await assert.rejects(
      training.trainStep({ ...good, count: 3 }),
      isCode('INVALID_ARGUMENT', /3 images of 32×32×3 need 9216 bytes, got 12288/),
    );
    await assert.rejects(
      training.trainStep({ ...good, labels: Int32Array.of(0, 1, 2) }),
      isCode('INVALID_ARGUMENT', /4 images need 4 labels, got 3/),
    );
    await assert.rejects(
      training.evaluate({ ...good, labels: Int32Array.of(0, 1, 2, 4) }),
      isCode('INVALID_ARGUMENT', /Label 4 is not in 0 to 3/),
    );
    await assert.rejects(
      training.trainStep({ pixels: new Uint8Array(), labels: new Int32Array(), count: 0 }),
      isCode('INVALID_ARGUMENT', /at least 1 image/),
    );
    await assert.rejects(
      training.trainStep({ ...good, learningRate: NaN }),
      isCode('INVALID_ARGUMENT', /learning rate/),
    );
    await training.trainStep(good);
    await training.close();
  });

  it('refuses weights of another network and names what differs', async () => {
    const weights = initialState(config, 1);
    const without = new Map([...weights].filter(([name]) => name !== 'fc.bias'));
    await assert.rejects(
      InferenceSession.create(engine, config, without),
      isCode('MODEL_INVALID', /fc\.bias is missing/),
    );
    await assert.rejects(
      InferenceSession.create(engine, config, initialState({ ...config, classes: 5 }, 1)),
      isCode('MODEL_INVALID', /fc\.weight is \[5, 256\], expected \[4, 256\]/),
    );
    await assert.rejects(
      TrainingSession.create(engine, config, adam, { weights, optimizer: new Map() }),
      isCode('MODEL_INVALID', /no step counter/),
    );
    await assert.rejects(
      TrainingSession.create(engine, config, adam, {
        weights,
        optimizer: new Map([['step', { shape: [], data: Float32Array.of(2) }]]),
      }),
      isCode('MODEL_INVALID', /exp_avg is missing/),
    );
    const inference = await InferenceSession.create(
      engine,
      config,
      new Map(weights).set('bn1.num_batches_tracked', { shape: [], data: Float32Array.of(7) }),
    );
    await inference.close();
  });
});
