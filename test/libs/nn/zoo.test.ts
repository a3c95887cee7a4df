import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  buildTrainingProgram,
  countTrainable,
  getModel,
  initialState,
  listModels,
  listParameters,
  registerModel,
  summariseNetwork,
  type NetworkConfig,
} from '#libs/nn';
import { isCode } from '../../helpers/errors.js';
import { readFixture } from './_compare.js';
import { formulaConfig } from './_formula.js';

const withClasses = (architecture: string, classes: number, size = 224): NetworkConfig => ({
  ...formulaConfig(architecture, size),
  classes,
});
describe('zoo', () => {
  const { zoo } = readFixture<{
    zoo: { model: string; parameters: number; gigaMultiplyAdds: number; stateHash: string }[];
  }>('evaluation');
  for (const { model, parameters, gigaMultiplyAdds, stateHash } of zoo) {
    it(`${model} has torchvision's ${parameters} parameters, names and shapes`, () => {
      const infos = listParameters(withClasses(model, 1000));
      assert.equal(countTrainable(infos), parameters);
      const lines = infos.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).sort();
      assert.equal(createHash('sha256').update(lines.join('\n')).digest('hex'), stateHash);
    });

    it(`${model} has torchvision's multiply-adds, and every parameter is in its summary`, () => {
      const summary = summariseNetwork(withClasses(model, 1000));
      assert.ok(
        Math.abs(summary.multiplyAdds / 1e9 - gigaMultiplyAdds) < 0.002,
        `${summary.multiplyAdds / 1e9} instead of ${gigaMultiplyAdds}`,
      );
      assert.deepEqual(
        [summary.parameters, summary.layers.reduce((sum, layer) => sum + layer.parameters, 0)],
        [parameters, parameters],
      );
    });
  }

  it('the published parameter counts of resnet18, resnet50 and vgg16', () => {
    assert.deepEqual(
      ['resnet18', 'resnet50', 'vgg16'].map((name) => countTrainable(listParameters(withClasses(name, 1000)))),
      [11_689_512, 25_557_032, 138_357_544],
    );
  });

  it('baseline-cnn at 256 px has the layers of the course report', () => {
    const shapes = Object.fromEntries(
      listParameters(withClasses('baseline-cnn', 2, 256)).map(({ name, shape }) => [name, shape.join('x')]),
    );
    assert.deepEqual(shapes, {
      'conv1.weight': '16x3x5x5',
      'conv1.bias': '16',
      'conv2.weight': '16x16x5x5',
      'conv2.bias': '16',
      'conv3.weight': '3x16x3x3',
      'conv3.bias': '3',
      'fc1.weight': '64x12288',
      'fc1.bias': '64',
      'fc2.weight': '2x64',
      'fc2.bias': '2',
    });
  });

  it('every model builds and differentiates at every size that recipes use, grey or RGB, in both precisions', () => {
    for (const name of listModels()) {
      for (const [size, channels, precision] of [
        [200, 1, 'bfloat16'],
        [244, 3, 'float32'],
        [getModel(name).minimumInputPx, 1, 'float32'],
      ] as const) {
        const { parameters, slots } = buildTrainingProgram(
          { ...formulaConfig(name, size, channels), precision },
          { name: 'adam', learningRate: 0.001 },
        );
        assert.equal(slots.length, 2 * parameters.filter(({ trainable }) => trainable).length);
      }
    }
  });

  it('a name is given once, and an unknown one is answered with those there are', () => {
    assert.throws(() => registerModel(getModel('resnet18')), isCode('ALREADY_EXISTS', /resnet18/));
    assert.throws(() => getModel('resnet19'), isCode('NOT_FOUND', /known: baseline-cnn, .*resnet50/));
  });

  it('all mistakes of a network configuration are reported together', () => {
    const config = { ...formulaConfig('resnet18', 16), classes: 1, normalize: { mean: [0.5, 0.5], std: [0] } };
    assert.throws(
      () => listParameters(config),
      isCode('INVALID_ARGUMENT', /classes .*height .*width .*normalize\.mean .*normalize\.std/),
    );
  });
});

describe('initial weights', () => {
  const config = withClasses('resnet18', 4);

  it('depend on the seed alone', () => {
    const small = withClasses('resnet10-slim', 4);
    const [first, again, other] = [1, 1, 2].map((seed) =>
      Buffer.from(initialState(small, seed).get('layer1.0.conv2.weight')!.data.buffer),
    );
    assert.ok(first!.equals(again!));
    assert.ok(!first!.equals(other!));
  });

  it('are distributed as torchvision draws them', () => {
    const state = initialState(config, 1);
    const moments = (name: string) => {
      const { data } = state.get(name)!;
      const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
      return {
        mean,
        deviation: Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length),
        largest: data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0),
      };
    };
    // kaiming_normal_(fan_out): sqrt(2 / (128 · 3 · 3)) over 147,456 values, whose deviation is then known to 0.2 %.
    const { mean, deviation } = moments('layer2.1.conv2.weight');
    const expected = Math.sqrt(2 / (128 * 9));
    assert.ok(
      Math.abs(deviation / expected - 1) < 0.01 && Math.abs(mean) < 0.01 * expected,
      `deviation ${deviation}, mean ${mean}`,
    );
    // Linear: uniform in ±1/sqrt(512), whose deviation is bound/sqrt(3).
    const bound = 1 / Math.sqrt(512);
    const fc = moments('fc.weight');
    assert.ok(
      fc.largest <= bound && fc.largest > 0.99 * bound && Math.abs(fc.deviation / (bound / Math.sqrt(3)) - 1) < 0.05,
    );
    assert.ok(
      state.get('bn1.weight')!.data.every((value) => value === 1) &&
        state.get('bn1.bias')!.data.every((value) => value === 0),
    );
    assert.ok(
      state.get('bn1.running_mean')!.data.every((value) => value === 0) &&
        state.get('bn1.running_var')!.data.every((value) => value === 1),
    );
  });
});
