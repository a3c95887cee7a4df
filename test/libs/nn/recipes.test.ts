import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SulcusError } from '#libs/errors';
import { transforms } from '#libs/imaging';
import { getModel, getRecipe, listRecipes, parseRecipe, resolvePrecision } from '#libs/nn';
import { isCode } from '../../helpers/errors.js';

describe('recipes', () => {
  it('the named ones are valid, name a model and a transform of their size, and survive JSON', () => {
    assert.deepEqual(listRecipes(), [
      'baseline-cnn',
      'default',
      'resnet18',
      's0-resnet50',
      's0-resnet50-2gpu',
      's0-resnet50-faithful',
      's2-run1',
      's2-run2',
      's2-run2-faithful',
      's2-run3',
      's2-run3-faithful',
      's2-run4',
      's2-run4-faithful',
      's3-vgg16',
      's3-vgg16-faithful',
      's4-densenet169',
      's4-mobilenet-v3-large',
      's4-mobilenet-v3-large-faithful',
      's4-resnet152',
      's4-vgg19',
    ]);
    for (const name of listRecipes()) {
      const recipe = getRecipe(name);
      assert.equal(recipe.name, name);
      assert.deepEqual(parseRecipe(JSON.parse(JSON.stringify(recipe))), recipe);
      assert.ok(getModel(recipe.architecture));
      assert.ok(typeof recipe.transform === 'string');
      const transform = transforms[`${recipe.transform}-${recipe.input.height}`];
      assert.deepEqual([transform?.outputHeight, transform?.outputWidth], [recipe.input.height, recipe.input.width]);
    }
  });

  it('s0 has the figures of its notebook', () => {
    const { architecture, input, batchSize, optimizer, epochs, earlyStopping } = getRecipe('s0-resnet50');
    assert.deepEqual(
      [architecture, input.height, input.width, batchSize, epochs, earlyStopping?.patience],
      ['resnet50', 244, 244, 64, 15, 5],
    );
    assert.deepEqual(optimizer, { name: 'adam', learningRate: 1e-4 });
  });

  it('s2, s3 and s4 have the figures of their documents, oddities only in the faithful variants', () => {
    const figures = (name: string) => {
      const {
        architecture,
        head = 'classifier',
        input,
        optimizer,
        schedule = null,
        batchSize,
        epochs,
        earlyStopping,
      } = getRecipe(name);
      return [
        architecture,
        head,
        input.height,
        optimizer.name,
        optimizer.learningRate,
        schedule?.name ?? null,
        batchSize,
        epochs,
        earlyStopping,
      ];
    };
    assert.deepEqual(figures('s2-run1'), ['baseline-cnn', 'classifier', 256, 'adam', 1e-3, null, 100, 100, null]);
    assert.deepEqual(figures('s2-run2'), ['resnet50', 'classifier', 200, 'adam', 1e-3, null, 100, 10, null]);
    assert.deepEqual(figures('s2-run3-faithful'), [
      'resnet50',
      'classifier-1000-way',
      200,
      'adam',
      1e-3,
      'reduceOnPlateau',
      100,
      100,
      null,
    ]);
    assert.deepEqual(figures('s2-run4'), [
      'resnet50',
      'classifier',
      200,
      'adam',
      1e-3,
      'reduceOnPlateau',
      100,
      150,
      null,
    ]);
    assert.deepEqual(figures('s3-vgg16'), ['vgg16', 'classifier', 224, 'sgd', 1e-3, 'step', 16, 3, null]);
    assert.deepEqual(getRecipe('s3-vgg16-faithful').schedule, {
      name: 'step',
      every: 'batch',
      stepSize: 7,
      factor: 0.1,
    });
    for (const [name, architecture, head] of [
      ['resnet152', 'resnet152', 'flatten'],
      ['densenet169', 'densenet169', 'flatten'],
      ['vgg19', 'vgg19', 'flatten'],
      ['mobilenet-v3-large', 'mobilenet_v3_large', 'gap'],
    ]) {
      assert.deepEqual(figures(`s4-${name}`), [
        architecture,
        `${head}-dense1000-dense`,
        256,
        'adam',
        1e-4,
        null,
        32,
        50,
        null,
      ]);
    }
    assert.equal(getRecipe('s4-mobilenet-v3-large-faithful').transform, 's4-rescaled-twice');
    const { normalize } = transforms['s4-rescaled-twice-256']!;
    assert.ok(Math.abs((1 - normalize.mean[0]!) / normalize.std[0]! - (1 / 127.5 - 1)) < 1e-12);
    assert.deepEqual(
      [getRecipe('s0-resnet50').bnFrozenAfterFirstEpoch, getRecipe('s0-resnet50-faithful').bnFrozenAfterFirstEpoch],
      [undefined, true],
    );
  });

  it('a recipe may use every option, and what does not fit together is reported with everything else', () => {
    const full = {
      ...getRecipe('resnet18'),
      head: 'gap-dense1000-dense',
      dropout: 0.1,
      initialWeights: 'weights.safetensors',
      optimizer: { name: 'adamw', learningRate: 1e-3, weightDecay: 0.05 },
      schedule: { name: 'cosine', every: 'batch', length: 100 },
      classWeights: { tumour: 2, none: 1 },
      labelSmoothing: 0.1,
      frozenLayers: ['conv1', 'layer1'],
      bnFrozenAfterFirstEpoch: false,
      augmentedValidation: true,
      candidates: 'every',
    };
    assert.deepEqual(parseRecipe(full), full);
    const wrong = {
      ...full,
      input: { height: 16, width: 224, channels: 1 },
      head: 'fc',
      schedule: { name: 'step', every: 'week', stepSize: 0, factor: 2 },
      classWeights: { tumour: 0 },
      labelSmoothing: 1,
    };
    for (const field of [
      'input\\.height',
      'head',
      'schedule\\.every',
      'schedule\\.stepSize',
      'schedule\\.factor',
      'classWeights\\.tumour',
      'labelSmoothing',
    ])
      assert.throws(() => parseRecipe(wrong), new RegExp(`  ${field}: `, 'm'));
    assert.throws(
      () => parseRecipe({ ...full, frozenLayers: ['layer9'], batchSize: 0 }),
      /batchSize: [^]*frozenLayers: resnet18 has no layer "layer9"/,
    );
  });

  it('an unknown name is answered with the names there are', () => {
    assert.throws(() => getRecipe('s9'), isCode('INVALID_CONFIG', /baseline-cnn, default/));
  });

  it('all mistakes of a recipe are reported together', () => {
    const candidate = {
      ...getRecipe('default'),
      architecture: 'resnet19',
      input: { height: 0, width: 96, channels: 2 },
      optimizer: { name: 'adam', learningRate: -1, momentum: 0.9 },
      batchSize: 1.5,
      epochs: undefined,
      earlyStoping: null,
      seed: -1,
    };
    assert.throws(
      () => parseRecipe(candidate),
      (error: SulcusError) => {
        assert.equal(error.code, 'INVALID_CONFIG');
        const fields = (error.details['mistakes'] as string[]).map((mistake) => mistake.split(':')[0]);
        for (const field of [
          'architecture',
          'input.height',
          'input.channels',
          'optimizer.learningRate',
          'batchSize',
          'epochs',
          'seed',
        ])
          assert.ok(fields.includes(field), `${field}: ${error.message}`);
        assert.match(error.message, /momentum/);
        assert.match(error.message, /earlyStoping/);
        assert.match(error.message, /known: baseline-cnn/);
        return true;
      },
    );
  });

  it('an image too small for the network is a mistake', () => {
    const candidate = { ...getRecipe('resnet18'), input: { height: 31, width: 224, channels: 1 } };
    assert.throws(() => parseRecipe(candidate), /input\.height: must be at least 32 for resnet18/);
  });

  it('auto precision follows the engine, a stated one does not', () => {
    const engine = (bf16: boolean, device = 'CPU:0') => ({ precision: { bf16 }, devices: [device] });
    assert.deepEqual(
      [
        resolvePrecision('auto', engine(true)),
        resolvePrecision('auto', engine(false)),
        resolvePrecision('float32', engine(true)),
      ],
      ['bfloat16', 'float32', 'float32'],
    );
    assert.equal(resolvePrecision('auto', engine(true), 'resnet50'), 'bfloat16');
  });

  it('auto precision is float32 for networks that a processor trains faster so', () => {
    const engine = (device: string) => ({ precision: { bf16: true }, devices: [device] });
    for (const name of ['mobilenet_v3_large', 'mobilenet_v3_small_keras'])
      assert.deepEqual(
        [
          resolvePrecision('auto', engine('CPU:0'), name),
          resolvePrecision('auto', engine('GPU:0'), name),
          resolvePrecision('bfloat16', engine('CPU:0'), name),
        ],
        ['float32', 'bfloat16', 'bfloat16'],
        name,
      );
  });
});
