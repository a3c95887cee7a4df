import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listModels } from '#libs/nn';
import { commandOutput } from '../../../helpers/command-output.js';
import { isCode } from '../../../helpers/errors.js';
import { main } from '../../../../services/cli/commands/models.js';

/** What the command prints. */
const output = (...words: string[]): Promise<string> => commandOutput(main, words);

test('sulcus models lists every network with its parameters and multiply-adds', async () => {
  const text = await output();
  for (const name of listModels()) assert.match(text, new RegExp(`^${name} `, 'm'));
  assert.match(text, /^resnet50 +25,557,032 +4\.089 +224 px +from 32 px/m);
});

test('sulcus models NAME describes each layer: output, parameters, multiply-adds', async () => {
  const text = await output('resnet50', '--classes', '4', '--size', '244');
  assert.match(text, /^conv1 +convolution +122 × 122 × 64 +9,408 +140,028,672$/m);
  assert.match(text, /^fc +linear +4 +8,196 +8,192$/m);
  assert.match(text, /^23,516,228 parameters, .* 244 × 244, 4 classes$/m);
});

test('an unknown network and a wrong head are answered with those there are', async () => {
  await assert.rejects(main(['resnet19']), isCode('NOT_FOUND', /resnet50/));
  await assert.rejects(main(['resnet50', '--head', 'fc']), isCode('INVALID_CONFIG', /gap-dense1000-dense/));
});
