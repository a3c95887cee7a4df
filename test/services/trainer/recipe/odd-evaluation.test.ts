import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, it } from 'node:test';
import { startEngine, type Engine } from '#libs/engine';
import { transformHash } from '#libs/imaging';
import { getRecipe, InferenceSession, initialState, TrainingSession } from '#libs/nn';
import { createRandom } from '#libs/random';
import { isMeasuredAsServed, mayBeChampion } from '#libs/registry';
import { readConfig, resolveRecipe, resolveTransform } from '#services/trainer';
import { cardDraft } from '../../../helpers/cards.js';
import { isCode } from '../../../helpers/errors.js';
import { TestPipeline } from '../_pipeline.js';
import { publishScans } from '../_stream.js';

let pipeline: TestPipeline;
let engine: Engine;

before(async () => {
  engine = await startEngine({ label: 'test', threads: 1 });
  pipeline = await TestPipeline.start();
  await publishScans(pipeline.bus, 16, 'SPLIT_TRAIN', { seed: 'train' });
  await publishScans(pipeline.bus, 8, 'SPLIT_VALIDATION', { seed: 'validation' });
});

after(async () => {
  await engine.close();
  await pipeline.close();
});

const NETWORK = {
  architecture: 'baseline-cnn',
  classes: 2,
  input: { height: 32, width: 32, channels: 1 },
  normalize: { mean: [0.4], std: [0.2] },
  precision: 'float32',
} as const;
const weights = initialState(NETWORK, 1);
/** A network that drops, on values that are not next to nothing: those of an untrained one are. */
const DROPPING = { ...NETWORK, architecture: 'mobilenet_v3_small' };
const droppingWeights = new Map(
  [...initialState(DROPPING, 1)].map(([name, { shape, data }]) => [
    name,
    { shape, data: name === 'classifier.0.bias' ? new Float32Array(data.length).fill(1) : data },
  ]),
);
const random = createRandom('odd evaluation');
const count = 4;
const pixels = Uint8Array.from({ length: count * 32 * 32 }, () => random.integer(0, 255));
const batch = { pixels, labels: new Int32Array(count), count };

const OPTIMIZER = { name: 'sgd', learningRate: 0.1 } as const;
const far = (a: Float32Array, b: Float32Array): number =>
  Math.max(...a.map((value, index) => Math.abs(value - b[index]!)));

it('evaluation without normalisation answers as a network that has none', async () => {
  const oddity = { unnormalizedEvaluation: true };
  const session = await TrainingSession.create(engine, NETWORK, OPTIMIZER, { weights }, oddity);
  const { probabilities } = await session.evaluate(batch);
  const unit = await InferenceSession.create(engine, { ...NETWORK, normalize: { mean: [0], std: [1] } }, weights);
  const normalised = await InferenceSession.create(engine, NETWORK, weights);
  assert.ok(far(probabilities, await unit.predict(pixels, count)) < 1e-6);
  assert.ok(far(probabilities, await normalised.predict(pixels, count)) > 1e-3);
  for (const each of [session, unit, normalised]) await each.close();
});

it('dropout in evaluation drops, the same at the same step, and prediction drops nothing', async () => {
  const state = { weights: droppingWeights };
  const session = await TrainingSession.create(engine, DROPPING, OPTIMIZER, state, { dropoutInEvaluation: true });
  const [first, second] = [await session.evaluate(batch), await session.evaluate(batch)];
  assert.deepEqual(first.probabilities, second.probabilities);
  const plain = await TrainingSession.create(engine, DROPPING, OPTIMIZER, state);
  const { probabilities } = await plain.evaluate(batch);
  assert.ok(far(first.probabilities, probabilities) > 1e-3);
  const serving = await InferenceSession.create(engine, DROPPING, droppingWeights);
  assert.ok(far(probabilities, await serving.predict(pixels, count)) < 1e-5);
  for (const each of [session, plain, serving]) await each.close();
});

it('what is measured otherwise than served is warned of, named in the card, and no champion', async () => {
  const { output } = await pipeline.train('odd', {}, { epochs: 1, unnormalizedEvaluation: true });
  assert.match(output, /unnormalizedEvaluation: validation and gate are of images that are not normalised/);
  assert.match(output, /not to be champion: .* without the normalisation of training/);
  const card = (await pipeline.registry.get('odd-000001'))!;
  assert.notEqual(card.evaluation?.transformHash, card.transformHash);
  assert.equal(await pipeline.registry.alias('champion'), undefined);
  await assert.rejects(
    pipeline.registry.promote('champion', 'odd-000001', 'by hand'),
    isCode('INVALID_ARGUMENT', /cannot become champion/),
  );
});

it('unless its recipe accepts that', async () => {
  await pipeline.train('bold', {}, { epochs: 1, unnormalizedEvaluation: true, championDespiteEvaluation: true });
  assert.equal((await pipeline.registry.alias('champion'))?.version, 'bold-000001');
});

it('the guard compares the hashes of the transforms of evaluation and service', () => {
  const { transformHash: served } = cardDraft();
  const card = (hash: string, dropout: boolean) => cardDraft({ evaluation: { transformHash: hash, dropout } });
  assert.deepEqual(
    [cardDraft(), card(served, false), card('f'.repeat(64), false), card(served, true)].map(isMeasuredAsServed),
    [true, true, false, false],
  );
  assert.ok(!mayBeChampion(card('f'.repeat(64), false)));
});

it('of the recipes only the faithful one of S3 evaluates otherwise than it serves; a stream never does', async () => {
  const faithful = getRecipe('s3-vgg16-faithful');
  assert.deepEqual([faithful.unnormalizedEvaluation, faithful.dropoutInEvaluation], [true, true]);
  assert.equal(transformHash(resolveTransform(faithful)), transformHash(resolveTransform(getRecipe('s3-vgg16'))));
  const file = pipeline.trainers.file('odd-stream.json');
  writeFileSync(file, JSON.stringify({ ...getRecipe('resnet18'), dropoutInEvaluation: true }));
  const config = readConfig({ SULCUS_CLASSES: 'a,b', SULCUS_RECIPE: file, SULCUS_MODE: 'stream' });
  await assert.rejects(resolveRecipe(config), isCode('INVALID_CONFIG', /dropoutInEvaluation.*--mode epochs/));
});
