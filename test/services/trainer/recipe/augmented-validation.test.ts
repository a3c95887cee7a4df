import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, it } from 'node:test';
import { getRecipe } from '#libs/nn';
import { readConfig, resolveRecipe } from '#services/trainer';
import { isCode } from '../../../helpers/errors.js';
import { TestPipeline } from '../_pipeline.js';
import { publishScans } from '../_stream.js';

let pipeline: TestPipeline;
/** Of each run: the splits whose images were asked for augmented, and those as they are. */
const asked = new Map<string, Record<'augmented' | 'plain', Set<string>>>();

before(async () => {
  pipeline = await TestPipeline.start(async ({ run, augment, split, samples }) => {
    const splits = asked.get(run) ?? { augmented: new Set(), plain: new Set() };
    splits[augment ? 'augmented' : 'plain'].add(split);
    asked.set(run, splits);
    return samples;
  });
  await publishScans(pipeline.bus, 16, 'SPLIT_TRAIN', { seed: 'train' });
  await publishScans(pipeline.bus, 8, 'SPLIT_VALIDATION', { seed: 'validation' });
  await publishScans(pipeline.bus, 8, 'SPLIT_GATE', { seed: 'gate' });
});

after(() => pipeline.close());

it('validation sees images as they are, unless the recipe wants them augmented, which is warned of', async () => {
  const plain = await pipeline.train('plain', {}, { epochs: 1 });
  const augmented = await pipeline.train('augmented', {}, { epochs: 1, augmentedValidation: true });
  assert.deepEqual(asked.get('plain')!.augmented, new Set(['SPLIT_TRAIN']));
  assert.ok(asked.get('plain')!.plain.has('SPLIT_VALIDATION'));
  assert.deepEqual(asked.get('augmented')!.augmented, new Set(['SPLIT_TRAIN', 'SPLIT_VALIDATION']));
  assert.ok(!asked.get('augmented')!.plain.has('SPLIT_VALIDATION'));
  assert.match(augmented.output, /losses and accuracies of validation are of augmented images/);
  assert.doesNotMatch(plain.output, /augmentedValidation/);
});

it('a stream is not measured on augmented images: such a recipe is refused', async () => {
  const file = pipeline.trainers.file('augmented.json');
  writeFileSync(file, JSON.stringify({ ...getRecipe('resnet18'), augmentedValidation: true }));
  const config = readConfig({ SULCUS_CLASSES: 'a,b', SULCUS_RECIPE: file, SULCUS_MODE: 'stream' });
  await assert.rejects(resolveRecipe(config), isCode('INVALID_CONFIG', /augmentedValidation.*--mode epochs/));
  assert.equal((await resolveRecipe({ ...config, mode: 'epochs' })).augmentedValidation, true);
  assert.equal(getRecipe('s0-resnet50-faithful').augmentedValidation, true);
});
