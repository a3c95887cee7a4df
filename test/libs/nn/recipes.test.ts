import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SulcusError } from '#libs/errors';
import { transforms } from '#libs/imaging';
import { getModel, getRecipe, listRecipes, parseRecipe, resolvePrecision } from '#libs/nn';

describe('recipes', () => {
  it('the named ones are valid, name a model and a transform of their size, and survive JSON', () => {
    assert.deepEqual(listRecipes(), ['baseline-cnn', 'default', 'resnet18', 's0-resnet50']);
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

  it('S0 has the figures of its notebook (mission S0-03, -04, -17, -20, -21)', () => {
    const { architecture, input, batchSize, optimizer, epochs, earlyStopping } = getRecipe('s0-resnet50');
    assert.deepEqual([architecture, input.height, input.width, batchSize, epochs, earlyStopping?.patience], ['resnet50', 244, 244, 64, 15, 5]);
    assert.deepEqual(optimizer, { name: 'adam', learningRate: 1e-4 });
  });

  it('an unknown name is answered with the names there are', () => {
    assert.throws(() => getRecipe('s9'), (error: SulcusError) => error.code === 'INVALID_CONFIG' && /baseline-cnn, default/.test(error.message));
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
        for (const field of ['architecture', 'input.height', 'input.channels', 'optimizer.learningRate', 'batchSize', 'epochs', 'seed']) assert.ok(fields.includes(field), `${field}: ${error.message}`);
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
    assert.deepEqual([resolvePrecision('auto', { bf16: true }), resolvePrecision('auto', { bf16: false }), resolvePrecision('float32', { bf16: true })], ['bfloat16', 'float32', 'float32']);
  });
});
