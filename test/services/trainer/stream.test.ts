import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { subjects } from '#libs/bus';
import { codecs, type PipelineEvent } from '#libs/contracts';
import { decodeSafetensors } from '#libs/nn';
import { CheckpointStore } from '#libs/registry';
import { readRunNeeds } from '../../../services/archiver/scans/run-needs.js';
import { until } from '../../helpers/until.js';
import { TestPipeline, validationsOf } from './_pipeline.js';
import { publishScans } from './_stream.js';

const RECIPE = {
  mode: 'stream',
  stream: {
    replayedPerArrival: 3,
    memorySize: 32,
    warmUp: { samples: 16, epochs: 2 },
    roundArrivals: 20,
    averageDecay: 0.8,
  },
};
const ENVIRONMENT = { SULCUS_STREAM_PAUSE: '1s', SULCUS_CHECKPOINT_INTERVAL: '1ms' };
const TRAIN = 84;
const KILLS = 10;

let pipeline: TestPipeline;

before(async () => {
  pipeline = await TestPipeline.start();
  await publishScans(pipeline.bus, 12, 'SPLIT_GATE', { seed: 'gate' });
  await publishScans(pipeline.bus, 12, 'SPLIT_VALIDATION', { seed: 'validation' });
  const ids = await publishScans(pipeline.bus, TRAIN, 'SPLIT_TRAIN', {
    seed: 'train',
    // Every seventh is labelled later.
    label: (index) => (index % 7 === 6 ? '' : ['left', 'right'][index % 2]!),
  });
  for (const [index, sampleId] of ids.entries()) {
    if (index % 7 !== 6) continue;
    const label = ['left', 'right'][index % 2]!;
    await pipeline.bus.publish(subjects.label('test'), codecs.LabelEvent, { sampleId, label, labelledUnixMs: index });
  }
});

after(() => pipeline.close());

/** SHA-256 of all tensors that the newest checkpoint of a run holds. */
async function checkpointHash(run: string): Promise<string> {
  const { checkpoint } = (await new CheckpointStore(pipeline.bus).load(run))!;
  const hash = createHash('sha256');
  for (const name of ['weights', 'optimizer', 'average']) hash.update(checkpoint.parts[name]!);
  return hash.digest('hex');
}

describe('a run that learns from a stream', { timeout: 240_000 }, () => {
  let calm: PipelineEvent[];

  it('learns each sample once behind the first ones, late labels too, and says when all is learned', async () => {
    const { events, output, exitCode } = await pipeline.train('calm', ENVIRONMENT, RECIPE);
    assert.equal(exitCode, 0, output);
    calm = events;
    const { finished } = events.at(-1)!;
    assert.equal(finished!.reason, 'caught_up');
    const warmUpSteps = (16 * 2) / 8;
    assert.equal(finished!.steps, warmUpSteps + (TRAIN - 16) / 2);
    assert.equal(finished!.samples, 8 * finished!.steps);
    const { manifest } = (await new CheckpointStore(pipeline.bus).load('calm'))!.checkpoint;
    const { plan } = manifest['stream'] as { plan: { memory: { arrivals: number; replay: unknown[] } } };
    assert.equal(plan.memory.arrivals, TRAIN);
    assert.equal(plan.memory.replay.length, 32);
  });

  it('needs only what it says that it retains: the archiver knows it, and nothing else, as a run', async () => {
    const { living, abandoned } = await readRunNeeds(pipeline.bus, 60_000);
    assert.deepEqual([living.map(({ run }) => run), abandoned], [['calm'], []]);
    assert.ok(living[0]!.retention!.settledThrough > 0);
  });

  it('offers the averaged weights after the first samples and every round, and serves what is better', async () => {
    const validations = validationsOf(calm);
    // After the first samples, every 20, and once more in the pause at the end.
    assert.equal(validations.length, 1 + Math.floor((TRAIN - 16) / 20) + 1);
    const champion = (await pipeline.registry.alias('champion'))!;
    const card = (await pipeline.registry.get(champion.version))!;
    assert.equal(card.run, 'calm');
    assert.ok(validations.at(-1)!.accuracy > 0.9, 'brightness of a half is easily learned');
  });

  it('killed ten times, ends with the same weights, optimizer and average to the bit', async () => {
    const stepOf = ({ training }: PipelineEvent): number => training?.step ?? 0;
    for (let kill = 1; kill <= KILLS; kill++) {
      const trainer = pipeline.trainers.start('killed', ENVIRONMENT, RECIPE);
      await pipeline.eventsUntil('killed', (event) => stepOf(event) >= 3 * kill);
      await trainer.kill();
    }
    const { events, output } = await pipeline.train('killed', ENVIRONMENT, RECIPE);
    assert.equal(events.at(-1)!.finished!.steps, calm.at(-1)!.finished!.steps, output);
    assert.equal(await checkpointHash('killed'), await checkpointHash('calm'));
  });

  it('labels that nothing is learned from are told and checkpointed: they may leave the broker', async () => {
    const trainer = pipeline.trainers.start('calm', ENVIRONMENT, RECIPE);
    const held = await publishScans(pipeline.bus, 2, 'SPLIT_VALIDATION', {
      seed: 'odd',
      label: (index) => ['odd', ''][index]!,
    });
    const waiting = await pipeline.eventsUntil('calm', ({ waiting: told }) => told?.unlabelled === 1);
    assert.deepEqual(waiting.at(-1)!.waiting!.unknownLabels, { odd: 1 });
    const stored = async (): Promise<{ step: number; label: number }> => {
      const { manifest } = (await new CheckpointStore(pipeline.bus).load('calm'))!.checkpoint;
      const { plan } = manifest['stream'] as { plan: { memory: { cursor: { label: number } } } };
      return { step: (manifest['progress'] as { step: number }).step, label: plan.memory.cursor.label };
    };
    const { step } = await stored();
    const label = { sampleId: held[1]!, label: 'odd', labelledUnixMs: 1 };
    const { sequence } = await pipeline.bus.publish(subjects.label('test'), codecs.LabelEvent, label);
    while ((await stored()).label < sequence) await sleep(50);
    assert.equal((await stored()).step, step);
    assert.equal(await trainer.stop(), 0, trainer.output());
  });

  it('what it learned last is checkpointed at the usual interval though nothing more comes', async () => {
    const environment = { ...ENVIRONMENT, SULCUS_CHECKPOINT_INTERVAL: '10s' };
    const trainer = pipeline.trainers.start('quiet', environment, RECIPE);
    const first = await pipeline.eventsUntil('quiet', ({ finished }) => finished != null);
    // Too few for a round, which has a checkpoint of its own.
    await publishScans(pipeline.bus, 4, 'SPLIT_TRAIN', { seed: 'last' });
    const { steps } = first.at(-1)!.finished!;
    const isLearned = ({ training }: PipelineEvent): boolean => training?.step === steps + 2;
    await pipeline.eventsUntil('quiet', isLearned);
    const stored = async (): Promise<unknown> => {
      const { manifest } = (await new CheckpointStore(pipeline.bus).load('quiet'))!.checkpoint;
      return (manifest['progress'] as { step: number }).step;
    };
    await until(async () => (await stored()) === steps + 2, 'the checkpoint of the last steps', 30_000);
    await trainer.kill();
  });

  it('learns a class that it was not begun with from as many images as configured, with all else kept', async () => {
    await publishScans(pipeline.bus, 12, 'SPLIT_TRAIN', { seed: 'new class', label: () => 'middle' });
    const before = (await new CheckpointStore(pipeline.bus).load('calm'))!.checkpoint;
    const environment = { ...ENVIRONMENT, SULCUS_NEW_CLASS_SAMPLES: '10' };
    const trainer = pipeline.trainers.start('calm', environment, RECIPE);
    const learned = (before.manifest['stream'] as { plan: { memory: { arrivals: number } } }).plan.memory.arrivals + 12;
    await pipeline.eventsUntil('calm', ({ training }) => (training?.arrivals ?? 0) >= learned);
    assert.equal(await trainer.stop(), 0, trainer.output());
    assert.match(trainer.output(), /enough images of middle have come/);

    const after = (await new CheckpointStore(pipeline.bus).load('calm'))!.checkpoint;
    assert.deepEqual(after.manifest['classes'], ['left', 'right', 'middle']);
    const shapes = (part: Buffer): number[][] =>
      [...decodeSafetensors(part).state.values()].map(({ shape }) => [...shape]);
    const [old, grown] = [shapes(before.parts['weights']!), shapes(after.parts['weights']!)];
    assert.deepEqual(
      old.flatMap((shape, index) => (shape.join() === grown[index]!.join() ? [] : [[shape[0], grown[index]![0]]])),
      [
        [2, 3],
        [2, 3],
      ],
    );
    // It goes on as the same run, configured as it was begun.
    const again = pipeline.trainers.start('calm', environment, RECIPE);
    while (!/resumed at step/.test(again.output())) await sleep(20);
    assert.equal(await again.stop(), 0, again.output());
  });
});
