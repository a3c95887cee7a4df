import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isCode } from '../../../helpers/errors.js';
import { assertSameRun } from '../../../../services/trainer/state/run-state.js';

const begun = {
  recipe: { name: 'own', description: 'first', batchSize: 8, transform: { name: 't', channels: 1 }, epochs: 3 },
  classes: ['glioma', 'notumor'],
  seed: 1,
};

it('a run goes on where only words, the order of settings and the epochs of its recipe are others', () => {
  const recipe = { epochs: 5, transform: { channels: 1, name: 't' }, batchSize: 8, description: 'second', name: 'own' };
  assertSameRun({ run: 'main', recipe, classes: begun.classes, seed: 1 }, begun);
});

it('a run with another transform is refused, and what is another is named', () => {
  const recipe = { ...begun.recipe, transform: { name: 't', channels: 3 } };
  assert.throws(
    () => assertSameRun({ run: 'main', recipe, classes: begun.classes, seed: 1 }, begun),
    isCode('INVALID_CONFIG', /recipe's transform: \{"name":"t","channels":1\}, and now \{"name":"t","channels":3\}/),
  );
});
