import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeSafetensors, estimateTrainingMemory, getRecipe, parseRecipe, streamSettings } from '#libs/nn';
import { CheckpointStore } from '#libs/registry';
import { chooseBatchSize } from '../../../../services/trainer/recipe/batch-size.js';
import { settleBatchSize } from '../../../../services/trainer/recipe/settle-batch-size.js';
import { isCode } from '../../../helpers/errors.js';
import { TestPipeline } from '../_pipeline.js';
import { publishScans, RECIPE } from '../_stream.js';

const MIB = 2 ** 20;
const facts = {
  memory: { fixedBytes: 100 * MIB, bytesPerImage: 10 * MIB },
  availableBytes: 8192 * MIB,
  devices: 1,
  samples: 10_000,
  unit: 1,
};
const size = (changes: Partial<typeof facts>): number => chooseBatchSize({ ...facts, ...changes }).size;

test('a step takes at most half of the memory, and leaves an epoch 16 steps', () => {
  assert.equal(size({}), 256);
  assert.equal(size({ samples: 1100 }), 64);
  for (const availableBytes of [300, 500, 900, 1500, 3000].map((mib) => mib * MIB)) {
    const chosen = size({ availableBytes });
    const needed = (images: number): number => 100 * MIB + images * 10 * MIB;
    assert.ok(needed(chosen) <= availableBytes / 2 && needed(2 * chosen) > availableBytes / 2, `${chosen}`);
  }
  assert.equal(size({ availableBytes: 900 * MIB, devices: 2 }), 2 * size({ availableBytes: 900 * MIB }));
});

test('where memory holds no step, the run is refused with what to do', () => {
  assert.throws(
    () => chooseBatchSize({ ...facts, availableBytes: 210 * MIB }),
    isCode('INVALID_CONFIG', /no room for 1 images.*smaller network/),
  );
  assert.throws(() => chooseBatchSize({ ...facts, unit: 64, availableBytes: 1000 * MIB }), isCode('INVALID_CONFIG'));
});

const ENGINE = { kind: 'tensorflow', devices: ['CPU:0'], shardDevices: ['CPU:0'] };
const network = {
  architecture: 'baseline-cnn',
  classes: 2,
  input: { height: 32, width: 32, channels: 1 },
  normalize: { mean: [0.5], std: [0.5] },
  precision: 'float32',
} as const;

async function settled(changes: object, samples = 5000) {
  const recipe = parseRecipe({ ...RECIPE, batchSize: 'auto', ...changes });
  const engine = ENGINE as unknown as Parameters<typeof settleBatchSize>[1]['engine'];
  return settleBatchSize(recipe, { network, engine, before: undefined, samples: async () => samples });
}

test('a stream has whole groups of an arrival and those replayed, shards two images each', async () => {
  const stream = (await settled({ mode: 'stream', stream: { replayedPerArrival: 4 } })).recipe;
  assert.equal(stream.batchSize % 5, 0);
  const byDefault = (await settled({ mode: 'stream' })).recipe;
  assert.deepEqual([byDefault.batchSize % 16, streamSettings(byDefault).replayedPerArrival], [0, 15]);
  assert.equal((await settled({ shards: 3 }, 1)).recipe.batchSize, 6);
  assert.equal((await settled({ shards: 3 })).recipe.batchSize % 6, 0);
});

test('larger images are estimated to take more, ResNet-50 at 224 px some 100 MB an image', () => {
  const of = (architecture: string, sizePx: number) =>
    estimateTrainingMemory(
      { ...network, architecture, input: { height: sizePx, width: sizePx, channels: 3 } },
      { name: 'adam', learningRate: 1e-3 },
    );
  assert.ok(of('resnet18', 224).bytesPerImage > 3.9 * of('resnet18', 112).bytesPerImage);
  const { bytesPerImage, fixedBytes } = of('resnet50', 224);
  assert.ok(bytesPerImage > 100e6 && bytesPerImage < 500e6, `${bytesPerImage}`);
  // 25.6 million values: weights, gradients, average, two moments.
  assert.ok(Math.abs(fixedBytes / (5 * 4 * 23.6e6) - 1) < 0.1, `${fixedBytes}`);
});

let pipeline: TestPipeline;
before(async () => (pipeline = await TestPipeline.start()));
after(() => pipeline.close());

const weightsOf = async (version: string) =>
  decodeSafetensors(await pipeline.registry.loadWeights((await pipeline.registry.get(version))!)).state;

test('a chosen size is said and kept by the run, with the weights of the number itself', async () => {
  const { bus } = pipeline;
  await publishScans(bus, 80, 'SPLIT_TRAIN', { seed: 'train' });
  await publishScans(bus, 12, 'SPLIT_VALIDATION', { seed: 'validation' });
  const keep = { SULCUS_KEEP_DECLINED: 'true' };
  const auto = await pipeline.train('auto', keep, { batchSize: 'auto', epochs: 1 });
  assert.match(auto.output, /4 images a step: 80 images to train \(.* MiB for an image/);
  await pipeline.train('number', keep, { batchSize: 4, epochs: 1 });
  assert.deepEqual(await weightsOf('auto-000001'), await weightsOf('number-000001'));

  await publishScans(bus, 80, 'SPLIT_TRAIN', { seed: 'more' });
  for (const [run, batchSize] of [
    ['auto', 'auto'],
    ['number', 4],
  ] as const) {
    const trainer = pipeline.trainers.start(run, keep, { batchSize, epochs: 1 });
    await pipeline.eventsUntil(run, ({ finished }) => (finished?.steps ?? 0) > 20);
    await trainer.stop();
  }
  const stored = await new CheckpointStore(bus).describe('auto');
  assert.equal((stored!.manifest as { batchSize?: { size: number } }).batchSize?.size, 4);
  const [newest, same] = await Promise.all(
    ['auto', 'number'].map(async (run) => (await pipeline.registry.list()).filter((card) => card.run === run).at(-1)!),
  );
  assert.equal(newest!.batchSize?.size, 4);
  assert.equal(newest!.step, same!.step);
  assert.deepEqual(await weightsOf(newest!.version), await weightsOf(same!.version));
});

test('any other word than auto is refused', () => {
  const recipe = getRecipe('resnet18');
  assert.throws(() => parseRecipe({ ...recipe, batchSize: 'automatic' }), isCode('INVALID_CONFIG', /batchSize/));
  assert.equal(parseRecipe({ ...recipe, batchSize: 'auto' }).batchSize, 'auto');
});
