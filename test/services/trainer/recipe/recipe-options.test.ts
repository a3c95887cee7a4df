import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, it } from 'node:test';
import { decodeSafetensors, encodeSafetensors, initialState, type NetworkState } from '#libs/nn';
import type { ModelCard } from '#libs/registry';
import { TestPipeline } from '../_pipeline.js';
import { publishScans } from '../_stream.js';

const NETWORK = {
  architecture: 'resnet10-slim',
  classes: 5,
  input: { height: 32, width: 32, channels: 1 },
  normalize: { mean: [0.5], std: [0.5] },
  precision: 'float32',
} as const;

/** What a recipe can say beyond the least. */
const RECIPE = {
  architecture: NETWORK.architecture,
  head: 'gap-dense1000-dense',
  frozenLayers: ['conv1', 'bn1'],
  epochs: 2,
  optimizer: { name: 'adamw', learningRate: 0.001 },
  schedule: { name: 'cosine', every: 'epoch', length: 2 },
  classWeights: { right: 2, left: 1 },
  bnFrozenAfterFirstEpoch: true,
  candidates: 'every',
};

let pipeline: TestPipeline;
let pretrained: NetworkState;
let trained: Awaited<ReturnType<TestPipeline['train']>>;
/** Of the two epochs. */
let cards: ModelCard[];
let weights: NetworkState[];

before(async () => {
  pipeline = await TestPipeline.start();
  await publishScans(pipeline.bus, 44, 'SPLIT_TRAIN', { seed: 'train' });
  await publishScans(pipeline.bus, 12, 'SPLIT_VALIDATION', { seed: 'validation' });
  pretrained = initialState(NETWORK, 99);
  const initialWeights = pipeline.trainers.file('pretrained.safetensors');
  const saved = new Map([...pretrained].map(([name, tensor]) => [`module.${name}`, tensor]));
  writeFileSync(initialWeights, encodeSafetensors(saved));
  trained = await pipeline.train('options', {}, { ...RECIPE, initialWeights });
  cards = (await pipeline.registry.list()).sort((a, b) => a.step - b.step);
  weights = await Promise.all(
    cards.map(async (card) => decodeSafetensors(await pipeline.registry.loadWeights(card)).state),
  );
});

after(() => pipeline.close());

const valuesOf = (state: NetworkState | undefined, name: string) => state!.get(name)!.data;

it('a run begins with the weights of a file, its last layers initialised anew for its classes', () => {
  assert.match(trained.output, /a new run from .*pretrained\.safetensors .* initialised anew/);
  assert.equal(cards[0]!.head, 'gap-dense1000-dense');
  assert.deepEqual(weights.at(-1)!.get('head.output.weight')!.shape, [2, 1000]);
});

it('every validation offers a candidate where the recipe says so', () => {
  assert.equal(cards.length, RECIPE.epochs);
});

it('frozen layers keep the weights they began with, the others learn', () => {
  for (const name of ['conv1.weight', 'bn1.running_mean'])
    assert.deepEqual(valuesOf(weights[1], name), valuesOf(pretrained, name), name);
  const learned = 'layer1.0.conv1.weight';
  assert.notDeepEqual(valuesOf(weights[1], learned), valuesOf(weights[0], learned));
});

it('batch norm keeps its running statistics after the first epoch', () => {
  const name = 'layer1.0.bn1.running_mean';
  assert.notDeepEqual(valuesOf(weights[0], name), valuesOf(pretrained, name));
  assert.deepEqual(valuesOf(weights[1], name), valuesOf(weights[0], name));
});

it('the learning rate follows the schedule', () => {
  const rates = trained.events.flatMap(({ training }) => (training ? [training.learningRate] : []));
  assert.ok(Math.abs(rates[0]! - 0.001) < 1e-9, `first of ${rates.join(', ')}`);
  assert.ok(Math.abs(rates.at(-1)! - 0.0005) < 1e-9, `last of ${rates.join(', ')}`);
});
