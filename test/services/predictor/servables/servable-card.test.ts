import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultTransform, transformHash } from '#libs/imaging';
import type { ModelCard } from '#libs/registry';
import { modelCard } from '../../../helpers/cards.js';
import { isCode } from '../../../helpers/errors.js';
import { checkCard } from '../../../../services/predictor/servables/servable-card.js';

const transform = defaultTransform(32);

/** A card that agrees with itself. */
const cardOf = (overrides: Partial<ModelCard> = {}): ModelCard =>
  modelCard({
    input: { height: 32, width: 32, channels: 1, range: [0, 255], normalize: { mean: [0.5], std: [0.5] } },
    transform: transform as unknown as Record<string, unknown>,
    transformHash: transformHash(transform),
    recipe: {},
    ...overrides,
  });

const input = cardOf().input;

test('checkCard - a card that agrees with itself gives network and transform', () => {
  const { network, transform: checked } = checkCard(cardOf());
  assert.deepEqual(network, {
    architecture: 'baseline-cnn',
    classes: 2,
    input: { height: 32, width: 32, channels: 1 },
    normalize: { mean: [0.5], std: [0.5] },
  });
  assert.equal(checked.name, transform.name);
});

const broken: [string, Partial<ModelCard>, RegExp][] = [
  ['an unknown architecture', { architecture: 'resnet19' }, /resnet19/],
  ['a single class', { classes: ['only'] }, /classes/],
  ['a class twice', { classes: ['a', 'a'] }, /occurs twice/],
  ['a class without a name', { classes: ['a', ''] }, /no name/],
  [
    'an input that the transform does not make',
    { input: { ...input, height: 64 } },
    /makes 32×32×1 and the network takes 64×32×1/,
  ],
  [
    'another normalisation than the transform',
    { input: { ...input, normalize: { mean: [0], std: [1] } } },
    /normalisation/,
  ],
  ['a normalisation that divides by zero', { input: { ...input, normalize: { mean: [0.5], std: [0] } } }, /std/],
  ['a transform that its hash does not name', { transformHash: 'b'.repeat(64) }, /not the one its hash names/],
  ['a transform that is none', { transform: { name: 'x' } }, /transform/],
  ['no weights, for it was declined', { weights: undefined }, /card without its weights/],
  ['weights that its hash does not name', { weightsHash: 'b'.repeat(64) }, /weights/],
];

for (const [what, overrides, why] of broken) {
  test(`checkCard - rejects ${what}`, () => {
    assert.throws(() => checkCard(cardOf(overrides)), isCode('MODEL_INVALID', why));
  });
}

test('checkCard - names all mistakes at once', () => {
  assert.throws(() => checkCard(cardOf({ architecture: 'x', classes: ['a', 'a'] })), /x.*occurs twice/s);
});
