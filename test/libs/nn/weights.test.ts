import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  assertWrittenFor,
  decodeSafetensors,
  encodeSafetensors,
  importWeights,
  initialState,
  type NetworkConfig,
  type NetworkState,
  type StateTensor,
} from '#libs/nn';
import { isCode } from '../../helpers/errors.js';
import { formulaConfig, formulaState } from './_formula.js';

const renamed = (state: NetworkState, rename: (name: string) => string): NetworkState =>
  new Map([...state].map(([name, tensor]) => [rename(name), tensor]));
function assertSame(actual: NetworkState, expected: NetworkState): void {
  assert.deepEqual([...actual.keys()].sort(), [...expected.keys()].sort());
  for (const [name, { shape, data }] of expected) {
    assert.deepEqual(actual.get(name)!.shape, shape, name);
    assert.ok(
      actual.get(name)!.data.every((value, index) => Object.is(value, data[index])),
      name,
    );
  }
}

describe('import of weights', () => {
  const slim = formulaConfig('resnet10-slim', 64);
  const weights = formulaState(slim);

  it('a round trip through a file keeps every bit; prefixes of wrappers and counters of batches fall away', () => {
    const wrapped = new Map(renamed(weights, (name) => `module._orig_mod.${name}`)).set(
      'module._orig_mod.bn1.num_batches_tracked',
      { shape: [], data: Float32Array.of(7) },
    );
    const { state, report } = importWeights(slim, decodeSafetensors(encodeSafetensors(wrapped)).state, 1);
    assertSame(state, weights);
    assert.deepEqual([report.adopted.length, report.drawn, report.leftOut], [weights.size, [], []]);
    assert.match(report.notes.join(), /wrapper/);
    assert.ok(encodeSafetensors(state).equals(encodeSafetensors(weights)));
  });

  it('a file of ours says which network it is of, one of others does not', () => {
    assertWrittenFor('resnet50', {});
    assertWrittenFor('resnet50', { architecture: 'resnet50', format: 'pt' });
    assert.throws(
      () => assertWrittenFor('resnet50', { architecture: 'resnet50_keras' }),
      isCode('MODEL_INVALID', /is of resnet50_keras, and the network is resnet50$/),
    );
  });

  it('a last layer of other classes is initialised anew, from the seed, and everything else is taken over', () => {
    const config: NetworkConfig = { ...slim, classes: 7 };
    const { state, report } = importWeights(config, weights, 3);
    assert.deepEqual(report.drawn, [
      { name: 'fc.weight', shape: [7, 256], inFile: [4, 256] },
      { name: 'fc.bias', shape: [7], inFile: [4] },
    ]);
    assertSame(
      new Map([...state].filter(([name]) => name.startsWith('fc.'))),
      new Map([...initialState(config, 3)].filter(([name]) => name.startsWith('fc.'))),
    );
    assertSame(
      new Map([...state].filter(([name]) => !name.startsWith('fc.'))),
      new Map([...weights].filter(([name]) => !name.startsWith('fc.'))),
    );
  });

  it("another head than the network's own is drawn, and the file's classifier left out", () => {
    const { report } = importWeights({ ...slim, head: 'gap-dense1000-dense' }, weights, 1);
    assert.deepEqual(
      report.drawn.map(({ name }) => name),
      ['head.hidden.weight', 'head.hidden.bias', 'head.output.weight', 'head.output.bias'],
    );
    assert.deepEqual(report.leftOut, ['fc.weight', 'fc.bias']);
  });

  it('every difference in the other layers is reported', () => {
    const broken = new Map(weights)
      .set('layer1.0.conv1.weight', { shape: [1], data: Float32Array.of(1) })
      .set('stem.weight', { shape: [1], data: Float32Array.of(1) });
    broken.delete('bn1.bias');
    assert.throws(
      () => importWeights(slim, broken, 1),
      isCode(
        'MODEL_INVALID',
        /bn1\.bias is missing; layer1\.0\.conv1\.weight is \[1\], expected \[32, 32, 3, 3\]; stem\.weight is not part/,
      ),
    );
    assert.throws(
      () =>
        importWeights(slim, new Map(weights).set('bn1.bias', { shape: [32], data: new Float32Array(32).fill(NaN) }), 1),
      isCode('MODEL_INVALID', /not finite in bn1\.bias/),
    );
  });

  it("older torchvision's names of a DenseNet are understood", () => {
    const config = formulaConfig('densenet121', 64);
    const expected = initialState(config, 1);
    const old = renamed(expected, (name) => name.replace(/(denselayer\d+\.(?:norm|conv))([12])\./, '$1.$2.'));
    assert.notDeepEqual([...old.keys()], [...expected.keys()]);
    assertSame(importWeights(config, old, 1).state, expected);
  });

  it("timm's names of a MobileNetV3 are understood block by block", () => {
    const config = formulaConfig('mobilenet_v3_small', 64);
    const expected = initialState(config, 1);
    // Blocks of one stage, as timm's table of mobilenetv3_small_100 has them.
    const stages = [1, 2, 3, 2, 3];
    const blockName = stages.flatMap((count, stage) =>
      Array.from({ length: count }, (_, index) => `blocks.${stage}.${index}`),
    );
    const parts = (index: number): Record<string, string> => {
      if (index === 0)
        return {
          '0.0': 'conv_dw',
          '0.1': 'bn1',
          '1.fc1': 'se.conv_reduce',
          '1.fc2': 'se.conv_expand',
          '2.0': 'conv_pw',
          '2.1': 'bn2',
        };
      const inverted = { '0.0': 'conv_pw', '0.1': 'bn1', '1.0': 'conv_dw', '1.1': 'bn2' };
      // The two blocks after the first have no squeeze-and-excitation.
      return index < 3
        ? { ...inverted, '2.0': 'conv_pwl', '2.1': 'bn3' }
        : { ...inverted, '2.fc1': 'se.conv_reduce', '2.fc2': 'se.conv_expand', '3.0': 'conv_pwl', '3.1': 'bn3' };
    };
    const fixed: Record<string, string> = {
      'features.0.0': 'conv_stem',
      'features.0.1': 'bn1',
      'features.12.0': 'blocks.5.0.conv',
      'features.12.1': 'blocks.5.0.bn1',
      'classifier.0': 'conv_head',
      'classifier.3': 'classifier',
    };
    const timm = new Map(
      [...expected].map(([name, tensor]): [string, StateTensor] => {
        const [layer, leaf] = [name.slice(0, name.lastIndexOf('.')), name.slice(name.lastIndexOf('.'))];
        if (name === 'classifier.0.weight') return ['conv_head.weight', { ...tensor, shape: [...tensor.shape, 1, 1] }];
        const block = /^features\.(\d+)\.block\.(.*)$/.exec(layer);
        return [
          (block ? `${blockName[Number(block[1]) - 1]}.${parts(Number(block[1]) - 1)[block[2]!]}` : fixed[layer]!) +
            leaf,
          tensor,
        ];
      }),
    );
    const { state, report } = importWeights(config, timm, 1);
    assertSame(state, expected);
    assert.match(report.notes.join(), /timm, whose batch norm adds 1e-5/);
  });
});
