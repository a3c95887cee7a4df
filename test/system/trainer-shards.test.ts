import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import type { PipelineEvent } from '#libs/contracts';
import type { ModelCard } from '#libs/registry';
import { epochsOf, TestPipeline } from '../services/trainer/_pipeline.js';
import { publishScans } from '../services/trainer/_stream.js';
import type { TrainerProcess } from '../services/trainer/_trainer.js';

const EXIT_FAILED = 1;
/** Batches of 10, 10 and 9: the shards of the last one are uneven. */
const TRAIN = 29;
const EPOCHS = 4;
const RECIPE = {
  architecture: 'resnet10-slim',
  shards: 4,
  batchSize: 10,
  epochs: EPOCHS,
  candidates: 'every',
};
/** Checkpoints after nearly every batch, so that an end falls between checkpoint, step and acknowledgement. */
const ENVIRONMENT = { SULCUS_CHECKPOINT_INTERVAL: '1ms' };

describe('a trainer whose recipe has four shards', () => {
  let pipeline: TestPipeline;

  before(async () => {
    pipeline = await TestPipeline.start();
    await publishScans(pipeline.bus, TRAIN, 'SPLIT_TRAIN', { seed: 'train' });
    await publishScans(pipeline.bus, 10, 'SPLIT_VALIDATION', { seed: 'validation' });
  });
  after(() => pipeline.close());

  const start = (run: string, devices: string, recipe: object = {}): TrainerProcess =>
    pipeline.trainers.start(run, { ...ENVIRONMENT, SULCUS_DEVICES: devices }, { ...RECIPE, ...recipe });
  const cardsOf = async (run: string): Promise<ModelCard[]> =>
    (await pipeline.registry.list()).filter((card) => card.run === run).sort((a, b) => a.step - b.step);
  const inEpoch =
    (epoch: number) =>
    ({ training }: PipelineEvent): boolean =>
      (training?.epoch ?? -1) >= epoch;

  it('killed on two devices, without its engine on four: ends on one with the weights of a calm run', async () => {
    const settings = { ...ENVIRONMENT, SULCUS_DEVICES: 'cpu' };
    const calm = await pipeline.train('calm', settings, RECIPE);
    assert.doesNotMatch(calm.output, /training on/);

    const killed = start('lost', 'cpu:2');
    await pipeline.eventsUntil('lost', inEpoch(1));
    await killed.kill();
    assert.match(killed.output(), /training on 2 devices/);

    const withoutEngine = start('lost', 'cpu:4');
    await pipeline.eventsUntil('lost', inEpoch(2));
    process.kill(engineOf(withoutEngine), 'SIGKILL');
    assert.equal(await endOf(withoutEngine), EXIT_FAILED, withoutEngine.output());
    assert.match(withoutEngine.output(), /training on 4 devices \(CPU:0, CPU:1, CPU:2, CPU:3\); resumed at step/);
    assert.match(withoutEngine.output(), /^trainer: ENGINE_FAILED: .*SIGKILL/m);

    const { events, output } = await pipeline.train('lost', settings, RECIPE);
    assert.match(output, /resumed at step/);
    assert.equal(events.at(-1)!.finished!.samples, EPOCHS * TRAIN);
    assert.ok(epochsOf(events).every(({ samples, repeated }) => samples === TRAIN && repeated === 0));
    const [undisturbed, disturbed] = [await cardsOf('calm'), await cardsOf('lost')];
    const weightsByStep = (cards: ModelCard[]): [number, string][] => [
      ...new Map(cards.map(({ step, weightsHash }) => [step, weightsHash])),
    ];
    assert.equal(weightsByStep(undisturbed).length, EPOCHS);
    assert.deepEqual(weightsByStep(disturbed), weightsByStep(undisturbed));
    assert.deepEqual([disturbed[0]!.devices, disturbed.at(-1)!.devices], [['CPU:0', 'CPU:1'], ['CPU:0']]);
  });

  it('ends when a device is not there, with what there is', async () => {
    const trainer = start('absent', 'gpu:98,gpu:99');
    assert.equal(await endOf(trainer), EXIT_FAILED, trainer.output());
    assert.match(trainer.output(), /^trainer: ENGINE_UNAVAILABLE: SULCUS_DEVICES names gpu:98, gpu:99, but th/m);
  });

  it('ends when a step is refused, and says that the weights are as before it', async () => {
    const trainer = start('diverging', 'cpu:2', { optimizer: { name: 'sgd', learningRate: 1e30 } });
    assert.equal(await endOf(trainer), EXIT_FAILED, trainer.output());
    assert.match(trainer.output(), /^trainer: MODEL_INVALID: Training has diverged: .* the weights are as before/m);
  });
});

const engineOf = (trainer: TrainerProcess): number =>
  Number(execFileSync('pgrep', ['-P', String(trainer.process.pid), '-f', 'sulcus-engine'], { encoding: 'utf8' }));

const endOf = (trainer: TrainerProcess): Promise<number | null | 'goes on'> =>
  Promise.race([trainer.ended, delay(60_000, 'goes on' as const, { ref: false })]);
