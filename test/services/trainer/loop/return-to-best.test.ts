import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { decodeSafetensors, STEP_COUNTER } from '#libs/nn';
import type { ModelCard } from '#libs/registry';
import { TestPipeline } from '../_pipeline.js';
import { publishScans } from '../_stream.js';

let pipeline: TestPipeline;

/** Batches of 8. */
const TRAIN = 44;
const STEPS = 6;

before(async () => {
  pipeline = await TestPipeline.start();
  await publishScans(pipeline.bus, TRAIN, 'SPLIT_TRAIN', { seed: 'train' });
  // What is validated on contradicts what is learned: the first validation is the best.
  await publishScans(pipeline.bus, 12, 'SPLIT_VALIDATION', {
    seed: 'validation',
    label: (index) => (index % 2 === 0 ? 'right' : 'left'),
  });
});

after(() => pipeline.close());

/** Steps of the optimizer behind a version. */
async function optimizerSteps(card: ModelCard): Promise<number> {
  const { state } = decodeSafetensors((await pipeline.registry.loadOptimizer(card))!);
  return state.get(STEP_COUNTER)!.data[0]!;
}

it('after early stopping, new images are learned from the best version on, and the card names it', async () => {
  const { registry, trainers, bus } = pipeline;
  const trainer = trainers.start('stopped', {}, { epochs: 10, earlyStopping: { patience: 1 } });
  const stopped = await pipeline.eventsUntil('stopped', ({ finished }) => finished != null);
  const { reason, steps, scanSequence } = stopped.at(-1)!.finished!;
  assert.deepEqual([reason, steps], ['early_stopping', 2 * STEPS]);
  await publishScans(bus, 4, 'SPLIT_TRAIN', { seed: 'more' });
  await pipeline.eventsUntil('stopped', ({ finished }) => (finished?.scanSequence ?? 0) === scanSequence + 4);
  await trainer.stop();
  const [best, next] = (await registry.list()).filter(({ run }) => run === 'stopped');
  assert.deepEqual([best!.step, await optimizerSteps(best!)], [STEPS, STEPS]);
  // A third epoch was trained, and its weights are two epochs old.
  assert.deepEqual([next!.step, await optimizerSteps(next!), next!.parent], [3 * STEPS, 2 * STEPS, best!.version]);
});

it('a trainer that wakes up to new images goes on from the best version too, moments included', async () => {
  const { registry, trainers, bus } = pipeline;
  const recipe = { epochs: 10, earlyStopping: { patience: 1 } };
  const runs = ['awake', 'woken'] as const;
  const last = new Map<string, number>();
  const awake = trainers.start('awake', {}, recipe);
  for (const run of runs) {
    const trainer = run === 'awake' ? awake : trainers.start(run, {}, recipe);
    const { scanSequence } = (await pipeline.eventsUntil(run, ({ finished }) => finished != null)).at(-1)!.finished!;
    last.set(run, scanSequence);
    if (run === 'woken') await trainer.kill();
  }
  await publishScans(bus, 4, 'SPLIT_TRAIN', { seed: 'later' });
  const woken = trainers.start('woken', {}, recipe);
  for (const run of runs)
    await pipeline.eventsUntil(run, ({ finished }) => (finished?.scanSequence ?? 0) === last.get(run)! + 4);
  await Promise.all([awake.stop(), woken.stop()]);
  const cards = await registry.list();
  const [best, next] = cards.filter(({ run }) => run === 'awake');
  const wokenNext = cards.filter(({ run }) => run === 'woken')[1]!;
  assert.equal(next!.parent, best!.version);
  const optimizerOf = async (card: ModelCard) => decodeSafetensors((await registry.loadOptimizer(card))!).state;
  assert.deepEqual(await optimizerOf(wokenNext), await optimizerOf(next!));
  // One epoch behind the best, as the weights are, and not behind the last.
  const stoppedAt = 2 * best!.step;
  assert.equal(await optimizerSteps(wokenNext), best!.step + next!.step - stoppedAt);
});
