import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startEngine, type Engine } from '#libs/engine';
import {
  HEADS,
  InferenceSession,
  initialState,
  listParameters,
  TrainingSession,
  type Head,
  type LabelledBatch,
  type NetworkConfig,
  type NetworkState,
  type TrainingConfig,
} from '#libs/nn';
import { isCode } from '../../helpers/errors.js';
import { formulaConfig, formulaLabels, formulaPixels } from './_formula.js';

const SIZE = 32;
const slim = formulaConfig('resnet10-slim', SIZE);
const mobile = formulaConfig('mobilenet_v3_small', SIZE);
const sgd = { name: 'sgd', learningRate: 0.01 } as const;
const batch = (count: number, key = 'options'): LabelledBatch => ({
  pixels: formulaPixels(key, count, SIZE),
  labels: formulaLabels(count),
  count,
});
const sameTensor = (a: NetworkState, b: NetworkState, name: string): boolean =>
  a.get(name)!.data.every((value, index) => Object.is(value, b.get(name)!.data[index]));

describe('options of a network and its training', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ label: 'test' });
  });
  after(() => engine.close());

  const open = (config: NetworkConfig, training: TrainingConfig = {}): Promise<TrainingSession> =>
    TrainingSession.create(engine, config, sgd, { weights: initialState(config, 1) }, training);

  /** The weights after one step. */
  async function stepped(
    config: NetworkConfig,
    training: TrainingConfig = {},
    step: { inferenceMode?: boolean } = {},
  ): Promise<NetworkState> {
    const session = await open(config, training);
    await session.trainStep({ ...batch(4), ...step });
    const weights = await session.readWeights();
    await session.close();
    return weights;
  }

  for (const head of HEADS) {
    it(`head ${head} trains, and answers with a distribution over the classes`, async () => {
      const config = { ...slim, classes: 3, head };
      const session = await open(config);
      const labelled = { ...batch(4), labels: Int32Array.of(0, 1, 2, 0) };
      const first = await session.trainStep(labelled);
      for (let step = 0; step < 3; step++) await session.trainStep(labelled);
      const last = await session.trainStep(labelled);
      const weights = await session.readWeights();
      await session.close();
      assert.ok(last.loss < first.loss, `${first.loss} became ${last.loss}`);
      const inference = await InferenceSession.create(engine, config, weights);
      const probabilities = await inference.predict(labelled.pixels, 4);
      await inference.close();
      assert.equal(probabilities.length, 12);
      for (let row = 0; row < 4; row++)
        assert.ok(
          Math.abs(probabilities.subarray(3 * row, 3 * row + 3).reduce((sum, value) => sum + value) - 1) < 1e-5,
        );
    });
  }

  it('the heads have the sizes of the documents that are reproduced', () => {
    const shapes = (architecture: string, size: number, head: Head, names: RegExp) =>
      listParameters({ ...formulaConfig(architecture, size), head })
        .filter(({ name }) => names.test(name))
        .map(({ name, shape }) => `${name} ${shape.join('x')}`);
    assert.deepEqual(shapes('resnet50', 244, 'classifier', /^fc/), ['fc.weight 4x2048', 'fc.bias 4']);
    assert.deepEqual(shapes('resnet50', 200, 'classifier-1000-way', /^fc/), ['fc.weight 1000x2048', 'fc.bias 1000']);
    const dense = (features: number) => [
      `head.hidden.weight 1000x${features}`,
      'head.hidden.bias 1000',
      'head.output.weight 4x1000',
      'head.output.bias 4',
    ];
    assert.deepEqual(shapes('resnet152', 256, 'flatten-dense1000-dense', /^(fc|head)/), dense(131_072));
    assert.deepEqual(shapes('densenet169', 256, 'flatten-dense1000-dense', /^(classifier|head)/), dense(106_496));
    assert.deepEqual(shapes('vgg19', 256, 'flatten-dense1000-dense', /^(classifier|head)/), dense(32_768));
    assert.deepEqual(shapes('mobilenet_v3_large', 256, 'gap-dense1000-dense', /^(classifier|head)/), dense(960));
  });

  it('dropout is a function of seed and step, and absent from prediction and inference mode', async () => {
    const config = { ...mobile, dropout: 0.5 };
    const weights = initialState(config, 1);
    const losses = async (session: TrainingSession, inferenceMode = false): Promise<number[]> => {
      await session.writeState({ weights });
      const results = [];
      for (let step = 0; step < 2; step++)
        results.push((await session.trainStep({ ...batch(4), learningRate: 0, inferenceMode })).loss);
      return results;
    };
    const [first, second] = [
      await open(config, { seed: 1, inferenceModeSteps: true }),
      await open(config, { seed: 2 }),
    ];
    const [one, again, two, quiet] = [
      await losses(first),
      await losses(first),
      await losses(second),
      await losses(first, true),
    ];
    await Promise.all([first.close(), second.close()]);
    assert.deepEqual(one, again);
    assert.notEqual(one[0], one[1]);
    assert.notEqual(one[0], two[0]);
    assert.equal(quiet[0], quiet[1]);
  });

  it('a step in inference mode moves weights and no statistics', async () => {
    const [start, after] = [
      initialState(slim, 1),
      await stepped(slim, { inferenceModeSteps: true }, { inferenceMode: true }),
    ];
    assert.ok(
      !sameTensor(start, after, 'layer1.0.conv1.weight') &&
        sameTensor(start, after, 'bn1.running_mean') &&
        sameTensor(start, after, 'bn1.running_var'),
    );
    const session = await open(slim);
    await assert.rejects(
      session.trainStep({ ...batch(4), inferenceMode: true }),
      isCode('INVALID_ARGUMENT', /without steps in inference mode/),
    );
    await session.close();
  });

  it('frozen layers stay to the bit, their statistics too, and the others learn', async () => {
    const [start, after] = [initialState(slim, 1), await stepped(slim, { frozenLayers: ['conv1', 'bn1', 'layer1'] })];
    for (const name of start.keys())
      assert.equal(sameTensor(start, after, name), /^(conv1|bn1|layer1)\./.test(name), name);
    await assert.rejects(open(slim, { frozenLayers: ['layer9'] }), isCode('INVALID_ARGUMENT', /no layer "layer9"/));
    await assert.rejects(
      open(slim, { frozenLayers: ['conv1', 'bn1', 'layer1', 'layer2', 'layer3', 'layer4', 'fc'] }),
      isCode('INVALID_ARGUMENT', /every layer is frozen/),
    );
  });

  it('all mistakes of a training are reported together', async () => {
    await assert.rejects(
      open(slim, { classWeights: [1, 2], labelSmoothing: 1, seed: -1 }),
      isCode('INVALID_ARGUMENT', /classWeights must be 4 .*labelSmoothing .*seed/),
    );
    assert.throws(
      () => listParameters({ ...slim, head: 'fc' as Head, dropout: 1 }),
      isCode('INVALID_ARGUMENT', /head must be one of .*dropout/),
    );
    assert.throws(
      () => listParameters({ ...slim, classes: 1001, head: 'classifier-1000-way' }),
      isCode('INVALID_ARGUMENT', /no room for 1001/),
    );
  });
});
