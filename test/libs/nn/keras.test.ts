import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startEngine, type Engine } from '#libs/engine';
import {
  importWeights,
  InferenceSession,
  readKerasLayers,
  translateKeras,
  type KerasLayer,
  type NetworkConfig,
  type NetworkState,
} from '#libs/nn';
import { isCode } from '../../helpers/errors.js';
import { readFixture } from './_compare.js';
import { formulaConfig } from './_formula.js';
import { centredDifference, kerasConfig, kerasLayers, kerasPixels, type KerasCase } from './_keras.js';

const { cases } = readFixture<{ cases: KerasCase[] }>('keras');
/** Drawn once per case: they are not written to. */
const drawn = new Map<KerasCase, KerasLayer[]>();
function layersOf(each: KerasCase): KerasLayer[] {
  const layers = drawn.get(each) ?? kerasLayers(each);
  drawn.set(each, layers);
  return layers;
}
const fixture = (name: string): string => path.join(import.meta.dirname, '../../fixtures/nn', name);

describe('predictions with the weights of a Keras network', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ label: 'test' });
  });
  after(() => engine.close());

  async function difference(
    config: NetworkConfig,
    weights: NetworkState,
    { size, logits }: KerasCase,
  ): Promise<number> {
    const session = await InferenceSession.create(engine, config, weights);
    const probabilities = await session.predict(kerasPixels(size), logits.length);
    await session.close();
    return centredDifference(probabilities, logits);
  }

  for (const each of cases) {
    it(`${each.model} with head ${each.head} at ${each.size} px has the logits of keras.applications`, async () => {
      const config = kerasConfig(each);
      const { state, report } = importWeights(config, translateKeras(config, layersOf(each)).state, 1);
      assert.deepEqual([report.drawn, report.leftOut], [[], []]);
      const measured = await difference(config, state, each);
      assert.ok(measured < 1e-4, `differs by ${measured}`);
    });
  }

  for (const [keras, torchvision] of [
    ['resnet50_keras', 'resnet50'],
    ['mobilenet_v3_small_keras', 'mobilenet_v3_small'],
  ] as const) {
    it(`${torchvision} refuses them and names ${keras}: with the same weights it computes something else`, async () => {
      const each = cases.find(({ model }) => model === keras)!;
      const config = { ...kerasConfig(each), architecture: torchvision };
      assert.throws(
        () => translateKeras(config, layersOf(each)),
        isCode('MODEL_INVALID', new RegExp(`--model ${keras}$`)),
      );
      const { state } = translateKeras(kerasConfig(each), layersOf(each));
      assert.ok((await difference(config, state, each)) > 0.01);
    });
  }
});

describe('files of Keras', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(path.join(tmpdir(), 'sulcus-keras-'))));
  after(() => rm(folder, { recursive: true }));

  const expected = kerasLayers({
    gammaScale: 1,
    layers: [
      [
        'stem_conv',
        [
          ['kernel', [3, 3, 3, 2]],
          ['bias', [2]],
        ],
      ],
      [
        'stem_bn',
        [
          ['gamma', [2]],
          ['beta', [2]],
          ['moving_mean', [2]],
          ['moving_variance', [2]],
        ],
      ],
      [
        'predictions',
        [
          ['kernel', [2, 2]],
          ['bias', [2]],
        ],
      ],
    ],
  });
  const plain = (layers: readonly KerasLayer[]) =>
    layers
      .map(({ path: name, variables }) => ({
        name: name.split('/').at(-1)!,
        variables: [...variables].sort(([a], [b]) => (a < b ? -1 : 1)),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));

  for (const [file, format] of [
    ['keras.weights.h5', "Keras 3's weights"],
    ['keras-model.h5', 'a whole model'],
  ] as const) {
    it(`${format} are read with the layers' names from inside nested models, without the optimizer`, async () => {
      assert.deepEqual(plain(await readKerasLayers(fixture(file))), plain(expected));
    });
  }

  it('what is no file of Keras is refused', async () => {
    const text = path.join(folder, 'text.h5');
    await writeFile(text, 'no HDF5');
    await assert.rejects(
      readKerasLayers(text),
      isCode('MODEL_INVALID', /text\.h5 is no weights file of Keras: .*signature not found$/),
    );
    const truncated = path.join(folder, 'truncated.h5');
    await writeFile(truncated, (await readFile(fixture('keras-model.h5'))).subarray(0, 20_000));
    await assert.rejects(readKerasLayers(truncated), isCode('MODEL_INVALID', /truncated/));
    await assert.rejects(readKerasLayers(path.join(folder, 'none.h5')), isCode('INVALID_CONFIG', /cannot be read/));
  });
});

describe('translating Keras', () => {
  const each = cases.find(({ model }) => model === 'densenet121')!;

  it('names of Keras 2 and of models around the network are understood', () => {
    const older = (name: string): string => (name === 'bn' ? 'bn' : name.replace(/_(bn|conv)$/, '/$1'));
    const layers = layersOf(each);
    const wrapped = layers.map(({ path: name, variables }) => ({ path: `outer/${older(name)}`, variables }));
    const config = kerasConfig(each);
    assert.deepEqual(translateKeras(config, wrapped).state, translateKeras(config, layers).state);
    const mobile = cases.find(({ model }) => model.startsWith('mobilenet'))!;
    const mobileConfig = kerasConfig(mobile);
    const keras2 = layersOf(mobile).map(({ path: name, variables }) => ({
      path: name
        .replace(/_bn$/, '/BatchNorm')
        .replace(/_(expand|depthwise|project)(?=\/|$)/, '/$1')
        .replace('_squeeze_excite_conv', '/squeeze_excite/Conv')
        .replace(/^conv/, 'Conv')
        .replace('logits', 'Logits'),
      variables,
    }));
    assert.notDeepEqual(
      keras2.map(({ path: name }) => name),
      mobile.layers.map(([name]) => name),
    );
    assert.deepEqual(translateKeras(mobileConfig, keras2).state, translateKeras(mobileConfig, layersOf(mobile)).state);
  });

  it('bgr turns the colours of the first layer round, and nothing else', () => {
    const config = kerasConfig(each);
    const [rgb, bgr] = [
      translateKeras(config, layersOf(each)).state,
      translateKeras(config, layersOf(each), 'bgr').state,
    ];
    const first = 'features.conv0.weight';
    const { shape, data } = rgb.get(first)!;
    const at = (values: Float32Array, out: number, channel: number, pixel: number): number =>
      values[(out * 3 + channel) * 49 + pixel]!;
    for (const [out, pixel] of [
      [0, 0],
      [63, 48],
      [20, 11],
    ] as const)
      assert.deepEqual(
        [0, 1, 2].map((channel) => at(bgr.get(first)!.data, out, channel, pixel)),
        [2, 1, 0].map((channel) => at(data, out, channel, pixel)),
      );
    assert.deepEqual(shape, [64, 3, 7, 7]);
    assert.deepEqual(
      [...bgr].filter(([name]) => name !== first),
      [...rgb].filter(([name]) => name !== first),
    );
  });

  it('a layer too few, one too many and one of another shape are all reported', () => {
    const config = kerasConfig(each);
    const layers = kerasLayers({
      gammaScale: 1,
      layers: [
        ...each.layers
          .filter(([name]) => name !== 'pool2_conv')
          .map(([name, variables]): KerasCase['layers'][number] => [
            name,
            name === 'conv1_conv' ? [['kernel', [3, 3, 3, 64]]] : variables,
          ]),
        ['attention', [['kernel', [1, 1]]]],
      ],
    });
    assert.throws(
      () => importWeights(config, translateKeras(config, layers).state, 1),
      isCode(
        'MODEL_INVALID',
        /is \[64, 3, 3, 3\], expected \[64, 3, 7, 7\]; .*transition1\.conv\.weight is missing; attention\/kernel is/,
      ),
    );
  });

  it('another number of classes and another head leave the classifier of the file out', () => {
    const config = { ...kerasConfig(each), classes: 7, head: 'gap-dense1000-dense' as const };
    const { report } = importWeights(config, translateKeras(config, layersOf(each)).state, 1);
    assert.deepEqual(
      [report.drawn.map(({ name }) => name), report.leftOut],
      [
        ['head.hidden.weight', 'head.hidden.bias', 'head.output.weight', 'head.output.bias'],
        ['classifier.weight', 'classifier.bias'],
      ],
    );
  });

  it('a network that Keras lacks is refused', () => {
    for (const model of ['resnet18', 'baseline-cnn'])
      assert.throws(
        () => translateKeras(formulaConfig(model, 64), []),
        isCode('MODEL_INVALID', /Keras has no network/),
      );
  });
});
